"""More kinds of files that hold articles: PDF, EPUB, DOCX, mail, web archives, and any LlamaIndex reader.

`index.formats.pieces.articles_in` reads bytes or a file into pieces, `index.formats.article.article_of`
makes an article of a piece. What is risky to parse is parsed in a child process (`index.formats.children`).
"""
