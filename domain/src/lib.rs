//! Pure rules of Syncline: clocks, documents, merge and rebase
