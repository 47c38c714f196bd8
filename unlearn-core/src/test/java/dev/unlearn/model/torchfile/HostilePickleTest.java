package dev.unlearn.model.torchfile;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.UnlearningException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pickles that ask for what they must not have, or break a rule. */
final class HostilePickleTest {
  private static final long[] NONE = {};
  private static final long[] ONE = {1};

  @ParameterizedTest
  @CsvSource({
    "posix,system",
    "builtins,eval",
    "torch,load",
    "torch._utils,_rebuild_sparse_tensor",
    "torch,QInt8Storage",
    "__torch__,Ops",
    "collections,OrderedDict.fromkeys",
  })
  void global_unknown(String module, String name) {
    String message =
        "m: the pickle asks for %s.%s, which is not among the names that tensors are rebuilt from;"
            + " refused, nothing was run";

    assertThatThrownBy(() -> load(new PickleBytes().global(module, name).op('.').done()))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(message.formatted(module, name));
    assertThatThrownBy(() -> load(new PickleBytes().text(module).text(name).op(0x93, '.').done()))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(message.formatted(module, name));
  }

  /** Opcodes that make objects of classes, look up extensions, take bytes and more. */
  @ParameterizedTest
  @ValueSource(
      ints = {0x81, 0x92, 'o', 'i', 0x82, 0x83, 0x84, 'P', 'C', 'B', 0x96, 0x97, 0x8f, '0', '2', 0})
  void opcode_unknown(int opcode) {
    assertRefused(
        new PickleBytes().op(')', ')', opcode).done(),
        "opcode 0x%02x is not among those that tensors are rebuilt with; refused"
            .formatted(opcode));
  }

  @Test
  void load_protocol() {
    for (int protocol : new int[] {0, 1, 6, 255}) {
      assertRefused(
          new byte[] {(byte) 0x80, (byte) protocol, 'N', '.'},
          "a protocol from 2 to 5 must come first, but does not");
    }
    assertRefused(new byte[] {'N', '.'}, "a protocol from 2 to 5 must come first, but does not");
    assertRefused(new byte[0], "1 bytes must follow, but there are 0; it is cut off");
  }

  @Test
  void length_beyondTheEnd() {
    assertRefused(
        new PickleBytes().op('X').length(-1).done(),
        "4294967295 bytes must follow, but there are 0; it is cut off");
    assertRefused(
        new PickleBytes().op('X').length(3).op('a', 'b').done(),
        "3 bytes must follow, but there are 2; it is cut off");
    assertRefused(
        new PickleBytes().op(0x8d).length(-1).length(-1).done(),
        "18446744073709551615 bytes must follow, but there are 0; it is cut off");
    assertRefused(
        new PickleBytes().op(0x95).length(9).length(0).op('.').done(),
        "9 bytes must follow, but there are 1; it is cut off");
    assertRefused(
        new PickleBytes().op(0x8a, 9).length(0).done(),
        "a whole number must have at most 8 bytes, but has 9");
    assertRefused(
        new PickleBytes().op(0x8b).length(-1).done(),
        "a whole number must have at most 8 bytes, but has 4294967295");
    assertRefused(
        new PickleBytes().op('c', 'a', 'b').done(), "a line must end, but goes on to the end");
    assertRefused(
        new PickleBytes().op('N').done(), "1 bytes must follow, but there are 0; it is cut off");
  }

  @Test
  void text_noUtf8() {
    assertThatThrownBy(() -> load(new PickleBytes().op(0x8c, 1, 0xff, '.').done()))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("m: a string of the pickle must be UTF-8, but is not");
  }

  @Test
  void stack_empty() {
    assertRefused(new PickleBytes().op('.').done(), "a value is needed, but there is none");
    assertRefused(new PickleBytes().op('N', 0x86).done(), "2 values are needed, but there are 1");
    assertRefused(new PickleBytes().op('t').done(), "a mark is needed, but there is none");
    assertRefused(
        new PickleBytes().op('N', '(', 0x85).done(), "1 values are needed, but there are 0");
    assertRefused(
        new PickleBytes().op('}', '(', 's').done(), "2 values are needed, but there are 0");
    assertRefused(
        new PickleBytes().op('h', 3).done(), "value 3 must have been remembered, but was not");
    assertRefused(
        new PickleBytes().op('N', '(', '.').done(), "a value is needed, but there is none");
    assertRefused(
        new PickleBytes().op('N', '.', '.').done(),
        "the pickle must be one value, but something is left beside it");
  }

  @Test
  void container_misused() {
    assertRefused(
        new PickleBytes().op('}', 'N', 'a').done(),
        "items must go into a list, but go into a dictionary");
    assertRefused(
        new PickleBytes().op(')').text("a").op('N', 's').done(),
        "entries and attributes must go into a dictionary, but go into a tuple");
    assertRefused(
        new PickleBytes().op(']', '}', 'b').done(),
        "entries and attributes must go into a dictionary, but go into a list");
    assertRefused(
        new PickleBytes().op('}', '(').text("a").op('u').done(),
        "a dictionary must get keys and values in pairs, but one is left over");
    assertRefused(
        new PickleBytes().op('}', 'K', 1, 'N', 's').done(),
        "the keys of a dictionary must be strings, but one is a number");
    assertRefused(
        new PickleBytes().op('}', '(').text("a").op('N').text("a").op('N', 'u').done(),
        "a dictionary must hold each key once, but has a twice");
  }

  @Test
  void call_ofSomethingElse() {
    assertRefused(
        new PickleBytes().text("f").op(')', 'R').done(),
        "a function must be called, but it is a string");
    assertRefused(
        new PickleBytes().global("torch", "FloatStorage").op(')', 'R').done(),
        "a function must be called, but it is a name of PyTorch's");
    assertRefused(
        new PickleBytes().global("collections", "OrderedDict").op('N', 'R').done(),
        "arguments must be a tuple, but are None");
    assertRefused(
        new PickleBytes().global("collections", "OrderedDict").op('N', 0x85, 'R').done(),
        "there must be from 0 to 0 arguments, but there are 1");
    assertRefused(
        new PickleBytes()
            .global("torch._utils", "_rebuild_parameter")
            .op('N', 'N', 'N', 0x87, 'R')
            .done(),
        "a parameter must be a tensor, but is None");
    assertRefused(
        new PickleBytes().global("torch._utils", "_rebuild_tensor_v2").op(')', 'R').done(),
        "there must be from 6 to 7 arguments, but there are 0");
  }

  @Test
  void persistentId_ofSomethingElse() {
    assertRefused(
        new PickleBytes().text("0").op('Q').done(), "arguments must be a tuple, but are a string");
    assertRefused(
        new PickleBytes().op('(', 'N', 'N', 'N', 'N', 'N', 't', 'Q').done(),
        "a persistent id must be of a storage, its class and key, but is not");
    assertRefused(
        new PickleBytes().storage("FloatStorage", "0", -1).done(),
        "the size of a storage must be >= 0, but is: -1");
  }

  @Test
  void tensor_numbersThatDoNotFit() {
    long[] two = {2, 2};
    assertRefused(tensor(-1, NONE, NONE), "the offset of a tensor must be >= 0, but is: -1");
    assertRefused(
        tensor(0, new long[] {-2}, ONE), "the shape of a tensor must be >= 0, but is: -2");
    assertRefused(
        tensor(0, ONE, new long[] {-2}), "the strides of a tensor must be >= 0, but is: -2");
    assertRefused(
        tensor(0, two, ONE), "a tensor of 2 dimensions must have as many strides, but has 1");
    assertRefused(
        tensor(0, new long[65], new long[65]),
        "the shape of a tensor must have at most 64 numbers, but has 65");
    assertRefused(
        new PickleBytes()
            .global("torch._utils", "_rebuild_tensor")
            .op('N', 'K', 0, ')', '(')
            .op(0x86, 0x86)
            .done(),
        "2 values are needed, but there are 0");
  }

  private static byte[] tensor(long offset, long[] shape, long[] strides) {
    return PickleBytes.stateDict("FloatStorage", "0", 1, offset, shape, strides);
  }

  private static Object load(byte[] pickle) {
    return Unpickler.load("m", ByteBuffer.wrap(pickle));
  }

  private static void assertRefused(byte[] pickle, String message) {
    assertThatThrownBy(() -> load(pickle))
        .isInstanceOf(UnlearningException.class)
        .hasMessageMatching("m: at byte \\d+ of the pickle, .*")
        .hasMessageEndingWith(" of the pickle, " + message);
  }
}
