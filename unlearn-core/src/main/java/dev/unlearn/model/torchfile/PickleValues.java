package dev.unlearn.model.torchfile;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a pickle's values become: strings, {@link Long}, {@link Double}, {@link Boolean}, {@link
 * List} for lists, and the types below. Values may hold one another in circles and many times over,
 * so none is ever printed, compared or walked through; a message says the {@linkplain #kind kind}.
 */
final class PickleValues {
  private PickleValues() {}

  /** Python's {@code None}. */
  enum None {
    NONE
  }

  record Tuple(List<Object> items) {}

  /** A dictionary; with keys of one type that has an order, colliding hashes cost little. */
  record Dictionary(Map<String, Object> entries) {
    Dictionary() {
      this(new LinkedHashMap<>());
    }
  }

  /** Returns what a value is, for a message. */
  static String kind(Object value) {
    if (value instanceof Tuple) {
      return "a tuple";
    } else if (value instanceof Dictionary) {
      return "a dictionary";
    } else if (value instanceof List) {
      return "a list";
    } else if (value instanceof String) {
      return "a string";
    } else if (value instanceof Number) {
      return "a number";
    } else if (value instanceof Boolean) {
      return "a boolean";
    } else if (value instanceof PickledTensor) {
      return "a tensor";
    } else if (value instanceof PickledTensor.Storage) {
      return "a storage";
    }
    return value == None.NONE ? "None" : "a name of PyTorch's";
  }
}
