package dev.unlearn.model.torchfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.torchfile.PickleValues.Dictionary;
import dev.unlearn.model.torchfile.PickleValues.None;
import dev.unlearn.model.torchfile.PickleValues.Tuple;
import dev.unlearn.model.torchfile.PickledTensor.Storage;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class UnpicklerTest {
  private static final long[] ONE = {1};

  @Test
  void load_numbers() {
    byte[] pickle =
        new PickleBytes()
            .op('(', 'K', 200, 'M', 1, 200)
            .op('J', 0xfe, 0xff, 0xff, 0xff)
            .op(0x8a, 0, 0x8a, 1, 0x80, 0x8a, 2, 0xff, 0)
            .number(Long.MIN_VALUE)
            .op(0x8b, 3, 0, 0, 0, 0, 0, 1)
            .op('G', 0x40, 0x45, 0, 0, 0, 0, 0, 0)
            .op('t', '.')
            .done();

    assertThat(load(pickle))
        .isEqualTo(
            new Tuple(List.of(200L, 51201L, -2L, 0L, -128L, 255L, Long.MIN_VALUE, 1L << 16, 42.0)));
  }

  @Test
  void load_containers() {
    byte[] pickle =
        new PickleBytes()
            .op('}', '(')
            .text("list")
            .op(']', 'N', 'a', '(', 0x88, 0x89, 'e')
            .text("tuples")
            .op(')', 0x85, 'K', 1, 'K', 2, 0x86, 'K', 1, 'K', 2, 'K', 3, 0x87, 0x87)
            .op('u')
            .text("dictionary")
            .op('}', 's', '.')
            .done();

    Object one = new Tuple(List.of(new Tuple(List.of())));
    Object pair = new Tuple(List.of(1L, 2L));
    Object triple = new Tuple(List.of(1L, 2L, 3L));
    assertThat(load(pickle))
        .isEqualTo(
            new Dictionary(
                Map.of(
                    "list",
                    List.of(None.NONE, true, false),
                    "tuples",
                    new Tuple(List.of(one, pair, triple)),
                    "dictionary",
                    new Dictionary())));
  }

  @Test
  void load_memo() {
    byte[] pickle =
        new PickleBytes()
            .op('(', 'K', 1, 'q', 0, 'K', 2, 'r', 1, 1, 0, 0, 'K', 3, 0x94)
            .op('h', 0, 'j', 1, 1, 0, 0, 'h', 2, 't', '.')
            .done();

    assertThat(load(pickle)).isEqualTo(new Tuple(List.of(1L, 2L, 3L, 1L, 2L, 3L)));
  }

  @Test
  void load_tensorOfEachForm() {
    Storage floats = new Storage(ElementType.F32, "5", 12);
    PickledTensor expected =
        new PickledTensor(floats, ElementType.F32, 2, List.of(3L), List.of(1L));

    byte[] first =
        new PickleBytes()
            .global("torch._utils", "_rebuild_tensor")
            .op('(')
            .storage("FloatStorage", "5", 12)
            .number(2)
            .global("torch", "Size")
            .numbers(3)
            .op(0x85, 'R')
            .numbers(1)
            .op('t', 'R', '.')
            .done();
    byte[] second =
        new PickleBytes()
            .global("torch._utils", "_rebuild_parameter")
            .tensor("FloatStorage", "5", 12, 2, new long[] {3}, ONE)
            .op(0x88, 'N', 0x87, 'R', '.')
            .done();

    assertThat(load(first)).isEqualTo(expected);
    assertThat(load(second)).isEqualTo(expected);
  }

  @Test
  void load_attributesOfADictionary() {
    byte[] pickle =
        new PickleBytes()
            .global("collections", "OrderedDict")
            .op(')', 'R', '}')
            .text("_metadata")
            .op('}', 's', 'b', '.')
            .done();

    assertThat(load(pickle)).isEqualTo(new Dictionary());
  }

  /**
   * As many levels as the bytes allow: nothing here is recursive, printing and equality included.
   */
  @ParameterizedTest
  @ValueSource(ints = {')', ']', '}'})
  void load_deeplyNested(int innermost) {
    PickleBytes pickle = new PickleBytes().op(innermost);
    for (int i = 0; i < 1_000_000; i++) {
      pickle.op(0x85);
    }

    assertThat(PickleValues.kind(load(pickle.op('.').done()))).isEqualTo("a tuple");
  }

  /** A tuple of twice the tuple before, sixty times over: 2⁶⁰ values if somebody walks them. */
  @Test
  void load_manyTimesTheSame() {
    PickleBytes pickle = new PickleBytes().op(')');
    for (int i = 0; i < 60; i++) {
      pickle.op('q', 0, 'h', 0, 0x86);
    }
    byte[] tower = pickle.op('q', 0, '.').done();
    byte[] asKey = withoutEnd(tower).op('q', 0).op('}', 'h', 0, 'h', 0, 's', '.').done();

    assertThat(PickleValues.kind(load(tower))).isEqualTo("a tuple");
    assertRefused(asKey, "the keys of a dictionary must be strings, but one is a tuple");
  }

  @Test
  void load_listInsideItself() {
    byte[] pickle = new PickleBytes().op(']', 'q', 0, 'h', 0, 'a', '.').done();

    assertThat(PickleValues.kind(load(pickle))).isEqualTo("a list");
  }

  @Test
  void load_stackTooHigh() {
    assertRefused(
        new PickleBytes().raw(filled('(', Unpickler.MAX_STACK + 1)).done(),
        "the stack must hold at most 65536 values, but holds more");
    assertRefused(
        new PickleBytes().raw(filled('N', Unpickler.MAX_STACK + 1)).done(),
        "the stack must hold at most 65536 values, but holds more");
  }

  @Test
  void load_tooManySteps() {
    PickleBytes pickle = new PickleBytes().op('N');

    assertRefused(
        pickle.raw(filled(0x94, Unpickler.MAX_STEPS)).op('.').done(),
        "the steps must end after 2097152, but do not");
  }

  private static PickleBytes withoutEnd(byte[] pickle) {
    PickleBytes result = new PickleBytes();
    return result.raw(Arrays.copyOfRange(pickle, 2, pickle.length - 1));
  }

  private static byte[] filled(int opcode, int count) {
    byte[] bytes = new byte[count];
    Arrays.fill(bytes, (byte) opcode);
    return bytes;
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
