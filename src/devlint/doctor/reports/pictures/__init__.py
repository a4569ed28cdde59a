"""Drawings for the HTML report: inline SVG, 360 units wide for a phone, colours from the page's CSS."""
