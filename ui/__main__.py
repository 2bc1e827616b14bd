"""`python -m ui` is `footnote`."""

from ui.cli import main

if __name__ == "__main__":
    main()
