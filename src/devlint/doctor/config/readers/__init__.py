"""One file per format. A reader knows its documents by their content, and says what they ask for."""
