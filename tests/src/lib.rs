//! Black-box tests of Syncline over real HTTP and real PostgreSQL
