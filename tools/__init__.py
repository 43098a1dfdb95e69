"""Programs that execute the chapters, build the book's pages and check them."""
