"""The web page: every view is a module with a router of its own; `site` puts them together."""
