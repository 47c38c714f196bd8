package dev.unlearn.model.decoder;

/** How a checkpoint stores the projections to queries, keys and values. */
public enum QkvLayout {
  /** Three matrices. */
  SEPARATE,
  /** One matrix: all queries, then all keys, then all values. */
  FUSED,
  /** One matrix: query, key and value of the first head, then of the second, and so on. */
  FUSED_BY_HEAD
}
