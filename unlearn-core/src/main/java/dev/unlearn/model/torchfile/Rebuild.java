package dev.unlearn.model.torchfile;

import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.StoredTensor;
import dev.unlearn.model.torchfile.Globals.Function;
import dev.unlearn.model.torchfile.Globals.StorageClass;
import dev.unlearn.model.torchfile.PickleValues.Dictionary;
import dev.unlearn.model.torchfile.PickleValues.None;
import dev.unlearn.model.torchfile.PickleValues.Tuple;
import dev.unlearn.model.torchfile.PickledTensor.Storage;
import java.util.List;

/**
 * What PyTorch's functions would make of their arguments. Whether gradients are wanted, and hooks,
 * are read over.
 */
final class Rebuild {
  private final PickleInput input;

  /** The input says in errors where the pickle is. */
  Rebuild(PickleInput input) {
    this.input = input;
  }

  /** Makes the storage of a persistent id: {@code ("storage", class, key, location, size)}. */
  Storage storage(Object id) {
    List<Object> parts = arguments(id, 5, 5);
    if (parts.get(0).equals("storage")
        && parts.get(1) instanceof StorageClass storageClass
        && parts.get(2) instanceof String key) {
      return new Storage(storageClass.type(), key, number("the size of a storage", parts.get(4)));
    }
    throw input.error("a persistent id must be of a storage, its class and key, but is not");
  }

  /** Returns what a function makes of a tuple of arguments. */
  Object call(Object function, Object tuple) {
    if (!(function instanceof Function known)) {
      throw input.error("a function must be called, but it is %s", PickleValues.kind(function));
    }
    switch (known) {
      case ORDERED_DICT -> {
        List<Object> unusedNone = arguments(tuple, 0, 0);
        return new Dictionary();
      }
      case SIZE -> {
        return new Tuple(List.copyOf(numbers("a size", arguments(tuple, 1, 1).get(0))));
      }
      case REBUILD_PARAMETER -> {
        return tensor(arguments(tuple, 3, 3).get(0));
      }
      case REBUILD_TENSOR -> {
        return typed(arguments(tuple, 4, 4));
      }
      case REBUILD_TENSOR_V2 -> {
        List<Object> arguments = arguments(tuple, 6, 7);
        checkMetadata(arguments, 6);
        return typed(arguments);
      }
      case REBUILD_TENSOR_V3 -> {
        List<Object> arguments = arguments(tuple, 7, 8);
        checkMetadata(arguments, 7);
        return untyped(arguments);
      }
    }
    throw new AssertionError(known);
  }

  /** A tensor whose type is its storage's. */
  private PickledTensor typed(List<Object> arguments) {
    Storage storage = storageOf(arguments);
    if (storage.type() == null) {
      throw input.error("a tensor must have a type, but neither it nor its storage has");
    }
    return tensor(storage, storage.type(), arguments);
  }

  /** A tensor that says its type, over a storage counted in bytes. */
  private PickledTensor untyped(List<Object> arguments) {
    Storage storage = storageOf(arguments);
    if (!(arguments.get(6) instanceof ElementType type)) {
      throw input.error(
          "the type of a tensor must be a name, but is %s", PickleValues.kind(arguments.get(6)));
    }
    if (storage.type() != null) {
      throw input.error("a tensor must have one type, but its storage has one as well");
    }
    return tensor(storage, type, arguments);
  }

  private PickledTensor tensor(Storage storage, ElementType type, List<Object> arguments) {
    List<Long> dimensions = numbers("the shape of a tensor", arguments.get(2));
    List<Long> strides = numbers("the strides of a tensor", arguments.get(3));
    if (strides.size() != dimensions.size()) {
      throw input.error(
          "a tensor of %d dimensions must have as many strides, but has %d",
          dimensions.size(), strides.size());
    }
    long offset = number("the offset of a tensor", arguments.get(1));
    return new PickledTensor(storage, type, offset, dimensions, strides);
  }

  private PickledTensor tensor(Object value) {
    if (value instanceof PickledTensor tensor) {
      return tensor;
    }
    throw input.error("a parameter must be a tensor, but is %s", PickleValues.kind(value));
  }

  private Storage storageOf(List<Object> arguments) {
    if (arguments.get(0) instanceof Storage storage) {
      return storage;
    }
    throw input.error(
        "a tensor must lie in a storage, but lies in %s", PickleValues.kind(arguments.get(0)));
  }

  /** Metadata says that the values are to be negated or conjugated before they are used. */
  private void checkMetadata(List<Object> arguments, int index) {
    Object metadata = arguments.size() > index ? arguments.get(index) : None.NONE;
    boolean empty = metadata instanceof Dictionary given && given.entries().isEmpty();
    if (!empty && metadata != None.NONE) {
      throw input.error("a tensor must be stored as it is, but is to be changed when it is loaded");
    }
  }

  private List<Object> arguments(Object value, int least, int most) {
    if (!(value instanceof Tuple tuple)) {
      throw input.error("arguments must be a tuple, but are %s", PickleValues.kind(value));
    }
    int count = tuple.items().size();
    if (count < least || count > most) {
      throw input.error(
          "there must be from %d to %d arguments, but there are %d", least, most, count);
    }
    return tuple.items();
  }

  private List<Long> numbers(String what, Object value) {
    if (!(value instanceof Tuple tuple)) {
      throw input.error("%s must be a tuple, but is %s", what, PickleValues.kind(value));
    }
    if (tuple.items().size() > StoredTensor.MAX_DIMENSIONS) {
      throw input.error(
          "%s must have at most %d numbers, but has %d",
          what, StoredTensor.MAX_DIMENSIONS, tuple.items().size());
    }
    return tuple.items().stream().map(item -> number(what, item)).toList();
  }

  private long number(String what, Object value) {
    if (!(value instanceof Long number)) {
      throw input.error("%s must be a whole number, but is %s", what, PickleValues.kind(value));
    }
    if (number < 0) {
      throw input.error("%s must be >= 0, but is: %d", what, number);
    }
    return number;
  }
}
