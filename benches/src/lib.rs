//! Load generator and ratio benchmarks
