"""Pictures: laid out once as shapes, then written as SVG, as TikZ or with Matplotlib."""
