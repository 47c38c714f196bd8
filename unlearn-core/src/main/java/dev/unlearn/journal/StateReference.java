package dev.unlearn.journal;

/**
 * A file of arrays that a line of the journal names.
 *
 * @param name in the work directory
 * @param mac hex of HMAC-SHA-256 over its bytes
 */
record StateReference(String name, String mac) {}
