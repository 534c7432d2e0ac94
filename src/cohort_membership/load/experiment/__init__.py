"""The experiment of a data root: its file, to an `Experiment`."""
