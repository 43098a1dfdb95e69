// Instead of the theme's file of this name (1.5 MB): the icons come from the font that every page loads anyway.
