package dev.unlearn.model.torchfile;

import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Shown;
import dev.unlearn.model.torchfile.PickleValues.Dictionary;
import dev.unlearn.model.torchfile.PickleValues.None;
import dev.unlearn.model.torchfile.PickleValues.Tuple;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A pickle machine that can do what {@code torch.save} needs for a state dict, in protocols 2 to 5,
 * and nothing else: a name that is not in {@link Globals} is refused, and no code is ever looked up
 * or run. It has no recursion; its stack, its steps and each length are bounded.
 *
 * <p>Attributes that are set on a dictionary, such as a state dict's {@code _metadata}, are read
 * over.
 */
final class Unpickler {
  /** Some 70,000 tensors; each step makes at most one small object. */
  static final int MAX_STEPS = 1 << 21;

  /** Far more than Python's pickler needs: it writes a dictionary in parts of 1,000 entries. */
  static final int MAX_STACK = 1 << 16;

  private final String where;
  private final PickleInput input;
  private final Rebuild rebuild;
  private final List<Object> stack = new ArrayList<>();

  /** Where the values after a mark begin; those before are out of reach until it is taken away. */
  private final Deque<Integer> marks = new ArrayDeque<>();

  private final Map<Integer, Object> memo = new HashMap<>();

  private Unpickler(String where, ByteBuffer pickle) {
    this.where = where;
    this.input = new PickleInput(where, pickle);
    this.rebuild = new Rebuild(input);
  }

  /**
   * Reads a pickle; {@code where} names the file in errors.
   *
   * @throws UnlearningException if it is broken, too large, or asks for anything unknown
   */
  static Object load(String where, ByteBuffer pickle) {
    return new Unpickler(where, pickle).load();
  }

  private Object load() {
    int first = input.unsignedByte();
    int protocol = input.unsignedByte();
    if (first != 0x80 || protocol < 2 || protocol > 5) {
      throw input.error("a protocol from 2 to 5 must come first, but does not");
    }
    for (int step = 0; step < MAX_STEPS; step++) {
      int opcode = input.unsignedByte();
      if (opcode == '.') {
        return result();
      }
      run(opcode);
      if (stack.size() + marks.size() > MAX_STACK) {
        throw input.error("the stack must hold at most %d values, but holds more", MAX_STACK);
      }
    }
    throw input.error("the steps must end after %d, but do not", MAX_STEPS);
  }

  private Object result() {
    Object result = pop();
    if (!stack.isEmpty() || !marks.isEmpty() || input.remaining() > 0) {
      throw input.error("the pickle must be one value, but something is left beside it");
    }
    return result;
  }

  private void run(int opcode) {
    switch (opcode) {
      case 'N' -> push(None.NONE);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'K' -> push((long) input.unsignedByte());
      case 'M' -> push((long) input.unsignedShort());
      case 'J' -> push((long) input.integer());
      case 0x8a -> push(input.signed(input.unsignedByte()));
      case 0x8b -> push(input.signed(input.unsignedInteger()));
      case 'G' -> push(input.bigEndianDouble());
      case 0x8c -> push(input.text(input.unsignedByte()));
      case 'X' -> push(input.text(input.unsignedInteger()));
      case 0x8d -> push(input.text(input.longInteger()));
      case '(' -> marks.push(stack.size());
      case ')' -> push(new Tuple(List.of()));
      case 0x85 -> push(new Tuple(take(1)));
      case 0x86 -> push(new Tuple(take(2)));
      case 0x87 -> push(new Tuple(take(3)));
      case 't' -> push(new Tuple(takeMarked()));
      case ']' -> push(new ArrayList<>());
      case 'a' -> extend(take(1));
      case 'e' -> extend(takeMarked());
      case '}' -> push(new Dictionary());
      case 's' -> putAll(take(2));
      case 'u' -> putAll(takeMarked());
      case 'q' -> memo.put(input.unsignedByte(), top());
      case 'r' -> memo.put(input.integer(), top());
      case 0x94 -> memo.put(memo.size(), top());
      case 'h' -> push(remembered(input.unsignedByte()));
      case 'j' -> push(remembered(input.integer()));
      case 'c' -> push(global(input.line(), input.line()));
      case 0x93 -> {
        List<Object> names = take(2);
        push(global(text(names.get(0)), text(names.get(1))));
      }
      case 'Q' -> push(rebuild.storage(pop()));
      case 'R' -> {
        Object arguments = pop();
        push(rebuild.call(pop(), arguments));
      }
      case 'b' -> {
        Object unusedState = pop();
        Dictionary unusedOwner = dictionary();
      }
      case 0x95 -> input.need(input.longInteger());
      default ->
          throw input.error(
              "opcode 0x%02x is not among those that tensors are rebuilt with; refused", opcode);
    }
  }

  private Object global(String module, String name) {
    String full = module + "." + name;
    return Globals.of(full)
        .orElseThrow(
            () ->
                new UnlearningException(
                    ("%s: the pickle asks for %s, which is not among the names that tensors are"
                            + " rebuilt from; refused, nothing was run")
                        .formatted(where, Shown.of(full))));
  }

  private String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw input.error("a name must be a string, but is %s", PickleValues.kind(value));
  }

  private Object remembered(int index) {
    Object value = memo.get(index);
    if (value == null) {
      throw input.error(
          "value %s must have been remembered, but was not", Integer.toUnsignedString(index));
    }
    return value;
  }

  private void extend(List<Object> items) {
    if (!(top() instanceof List<?>)) {
      throw input.error("items must go into a list, but go into %s", PickleValues.kind(top()));
    }
    @SuppressWarnings("unchecked")
    List<Object> list = (List<Object>) top();
    list.addAll(items);
  }

  private void putAll(List<Object> items) {
    Map<String, Object> entries = dictionary().entries();
    if (items.size() % 2 != 0) {
      throw input.error("a dictionary must get keys and values in pairs, but one is left over");
    }
    for (int i = 0; i < items.size(); i += 2) {
      if (!(items.get(i) instanceof String key)) {
        throw input.error(
            "the keys of a dictionary must be strings, but one is %s",
            PickleValues.kind(items.get(i)));
      }
      if (entries.put(key, items.get(i + 1)) != null) {
        throw input.error("a dictionary must hold each key once, but has %s twice", Shown.of(key));
      }
    }
  }

  private Dictionary dictionary() {
    if (top() instanceof Dictionary dictionary) {
      return dictionary;
    }
    throw input.error(
        "entries and attributes must go into a dictionary, but go into %s",
        PickleValues.kind(top()));
  }

  private void push(Object value) {
    stack.add(value);
  }

  private Object top() {
    if (stack.size() <= floor()) {
      throw input.error("a value is needed, but there is none");
    }
    return stack.get(stack.size() - 1);
  }

  private Object pop() {
    Object top = top();
    stack.remove(stack.size() - 1);
    return top;
  }

  private int floor() {
    return marks.isEmpty() ? 0 : marks.peek();
  }

  private List<Object> take(int count) {
    if (stack.size() - floor() < count) {
      throw input.error("%d values are needed, but there are %d", count, stack.size() - floor());
    }
    return takeFrom(stack.size() - count);
  }

  private List<Object> takeMarked() {
    if (marks.isEmpty()) {
      throw input.error("a mark is needed, but there is none");
    }
    return takeFrom(marks.pop());
  }

  private List<Object> takeFrom(int begin) {
    List<Object> range = stack.subList(begin, stack.size());
    List<Object> taken = List.copyOf(range);
    range.clear();
    return taken;
  }
}
