"""What several subcommands share: options read, targets named, answers written."""
