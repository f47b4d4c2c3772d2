"""Reports: one document model, written as LaTeX, PDF and one self-contained HTML page."""
