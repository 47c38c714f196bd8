package dev.unlearn.model.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import com.google.common.primitives.Ints;
import dev.unlearn.internal.Indices;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class BranchedRowsTest {
  private final Random random = new Random(3);

  @Test
  void columns_promptThenBranches() {
    BranchedRows rows =
        new BranchedRows(
            List.of(
                List.of(new int[] {7, 8}, new int[] {3}, new int[] {}, new int[] {4, 5}),
                List.of(new int[] {6, 9, 1})));

    assertThat(rows.size()).isEqualTo(2);
    assertThat(rows.length()).isEqualTo(5);
    assertThat(rows.isBranched()).isTrue();
    assertThat(rows.ids()).containsExactly(7, 8, 3, 4, 5, 6, 9, 1, 0, 0);
    assertThat(rows.attentionMask()).containsExactly(1, 1, 1, 1, 1, 1, 1, 1, 0, 0);
    assertThat(rows.places()).containsExactly(0, 1, 2, 2, 3, 0, 1, 2, 0, 0);
  }

  /** In the second row of the mask's columns: prompt, prompt, first branch, second branch twice. */
  @Test
  void sight_ownBranchAndPrompt() {
    BranchedRows rows =
        new BranchedRows(List.of(List.of(new int[] {7, 8}, new int[] {3}, new int[] {4, 5})));

    assertThat(sight(rows, 0)).containsExactly("x....", "xx...", "xxx..", "xx.x.", "xx.xx");
    assertThat(sight(rows, 2)).containsExactly("x....", "xx...", ".xx..", ".x.x.", "...xx");
    assertThat(sight(rows, 1)).containsExactly("x....", ".x...", "..x..", "...x.", "....x");
  }

  @Test
  void isBranched_emptyBranchesOnly() {
    assertThat(new BranchedRows(List.of(List.of(new int[] {7}, new int[0]))).isBranched())
        .isFalse();
  }

  @Tag("engine")
  @ParameterizedTest
  @MethodSource("dev.unlearn.model.decoder.DecoderPrefixesTest#specs")
  void hidden_asEachTextByItself(DecoderSpec spec) {
    List<List<int[]>> rows =
        List.of(
            List.of(ids(12), ids(9), ids(1), ids(0), ids(30)),
            List.of(ids(1), ids(5), ids(5)),
            List.of(ids(20)),
            List.of(ids(60), ids(40), ids(40), ids(2)));
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
        Torch.GradientMode off = Torch.gradientsOff()) {
      Decoder decoder = TestDecoders.random(manager, spec, 42);
      NDArray together = decoder.hidden(manager, new BranchedRows(rows));
      for (int row = 0; row < rows.size(); row++) {
        int[] prompt = rows.get(row).get(0);
        int column = 0;
        for (int part = 0; part < rows.get(row).size(); part++) {
          int[] own = rows.get(row).get(part);
          int[] text = part == 0 ? own : Ints.concat(prompt, own);
          NDArray alone = decoder.hidden(array(manager, text));
          for (int i = 0; i < own.length; i++) {
            assertThat(
                    Values.distance(
                        at(together, row, column + i), at(alone, 0, text.length - own.length + i)))
                .as("row %s, part %s, token %s", row, part, i)
                .isLessThan(2e-5);
          }
          column += own.length;
        }
      }
    }
  }

  @Tag("engine")
  @Test
  void hidden_beyondTheContext() {
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE)) {
      Decoder decoder = TestDecoders.random(manager, TestDecoders.spec(draft -> {}), 42);
      BranchedRows rows = new BranchedRows(List.of(List.of(ids(8), ids(2), ids(3))));

      assertThatThrownBy(() -> decoder.hidden(manager, rows))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("positions must be in [0, 10), but one was: 10");
    }
  }

  private static List<String> sight(BranchedRows rows, int window) {
    boolean[] seen = rows.sight(window);
    int length = rows.length();
    return IntStream.range(0, seen.length / length)
        .mapToObj(query -> Arrays.copyOfRange(seen, query * length, (query + 1) * length))
        .map(
            keys -> {
              StringBuilder text = new StringBuilder();
              for (boolean key : keys) {
                text.append(key ? 'x' : '.');
              }
              return text.toString();
            })
        .toList();
  }

  private int[] ids(int length) {
    return random.ints(length, 0, 13).toArray();
  }

  private static NDArray array(NDManager manager, int[] ids) {
    return manager.create(Indices.longs(ids), new Shape(1, ids.length));
  }

  private static double[] at(NDArray hidden, int row, int column) {
    return Values.of(hidden.get(new NDIndex(row + ", " + column)));
  }
}
