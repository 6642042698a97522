"""From traces to storyboards: each kind of trace, replayed and laid out in scenes."""
