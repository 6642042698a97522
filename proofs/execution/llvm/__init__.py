"""C executed on solver terms: clang's intermediate language read, and each path of a function run through."""
