"""Articles from the web: pages, feeds (`feeds`), sitemaps (`sitemaps`), as one kind of source (`source`)."""
