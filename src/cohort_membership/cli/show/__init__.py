"""How results, problems and progress look: all that the command line prints is drawn here."""
