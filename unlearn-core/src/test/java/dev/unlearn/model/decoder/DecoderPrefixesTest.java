package dev.unlearn.model.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.model.generation.Branches;
import dev.unlearn.model.generation.Prefixes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Hidden states of steps over kept keys and values, against passes over whole rows. */
@Tag("engine")
@ParameterizedClass
@MethodSource("specs")
final class DecoderPrefixesTest {
  private static final int CONTEXT = 100;

  /** What a decoder can be made of that decoding must know about. */
  static Stream<Named<DecoderSpec>> specs() {
    return Stream.of(
        named("learned positions", draft -> {}),
        named("learned positions with an offset", draft -> draft.more = b -> b.positionOffset(2)),
        named("rotary positions", draft -> draft.more = b -> b.rotary(RotarySpec.of(4, 100))),
        named(
            "grouped heads",
            draft -> {
              draft.headCount = 4;
              draft.more = b -> b.keyValueHeadCount(2).rotary(RotarySpec.of(2, 100));
            }),
        named("capped scores", draft -> draft.more = b -> b.attentionCap(0.7f)),
        named(
            "short windows only",
            draft -> draft.layers = List.of(new LayerSpec(1, 1), new LayerSpec(4, 1))));
  }

  private static Named<DecoderSpec> named(String name, Consumer<TestDecoders.Draft> change) {
    return Named.of(
        name,
        TestDecoders.spec(
            draft -> {
              draft.contextLength = CONTEXT;
              draft.layers =
                  List.of(new LayerSpec(0, 2), new LayerSpec(3, 2), new LayerSpec(37, 2));
              change.accept(draft);
            }));
  }

  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final Random random = new Random(5);

  @Parameter DecoderSpec spec;

  private Decoder decoder;
  private Torch.GradientMode gradientsOff;
  private List<int[]> sequences;

  @BeforeEach
  void open() {
    decoder = TestDecoders.random(manager, spec, 42);
    gradientsOff = Torch.gradientsOff();
    sequences = IntStream.of(5, 1, 0, 12, 7).mapToObj(this::ids).toList();
  }

  @AfterEach
  void close() {
    gradientsOff.close();
    manager.close();
  }

  @Test
  void step_rowsInAnyOrder() {
    try (Prefixes prefixes = prefixes();
        Rows rows =
            new Rows(prefixes, new int[] {3, 0, 3, 1, 4, 0, 2, 3}, 12, 3, 5, 1, 7, 2, 0, 0)) {
      for (int step = 0; step < 8; step++) {
        rows.step(true);
      }
    }
  }

  /** Those of all tokens, as there are few; not of what fills up shorter sequences. */
  @Test
  void states_areThoseOfWholePasses() {
    for (long bytes : new long[] {Long.MAX_VALUE, 1}) {
      try (Prefixes prefixes = decoder.prefixes(manager, sequences, bytes, 100)) {
        NDArray states = prefixes.states().orElseThrow();
        assertThat(states.getShape()).isEqualTo(new Shape(25, spec.embeddingWidth()));
        double[] all = Values.of(states);
        int begin = 0;
        for (int[] ids : sequences) {
          if (ids.length > 0) {
            NDArray row = manager.create(Arrays.stream(ids).asLongStream().toArray());
            double[] expected = Values.of(decoder.hidden(row.expandDims(0)));
            double[] found = Arrays.copyOfRange(all, begin, begin + expected.length);
            assertThat(found).containsExactly(expected, within(1e-4));
            begin += expected.length;
          }
        }
      }
    }
  }

  @Test
  void states_ofManyTokensAreEverySecond() {
    sequences = Collections.nCopies(30, ids(90));
    try (Prefixes prefixes = prefixes()) {
      assertThat(prefixes.states().orElseThrow().getShape().get(0)).isEqualTo(30 * 45);
    }
  }

  /** Only the last sequence is used, so the others are not copied. */
  @Test
  void step_oneSequenceOfMany() {
    try (Prefixes prefixes = prefixes();
        Rows rows = new Rows(prefixes, new int[] {4, 4}, 3, 7)) {
      rows.step(true);
      rows.step(true);
    }
  }

  @Test
  void step_noPrefixAtAll() {
    sequences = List.of(ids(0), ids(0));
    try (Prefixes prefixes = prefixes();
        Rows rows = new Rows(prefixes, new int[] {1, 0, 1}, 0, 0, 0)) {
      for (int step = 0; step < 6; step++) {
        rows.step(true);
      }
    }
  }

  @Test
  void branch_twiceFromTheSamePrefixes() {
    try (Prefixes prefixes = prefixes()) {
      for (int time = 0; time < 2; time++) {
        try (Rows rows = new Rows(prefixes, new int[] {3, 4}, 9, 2)) {
          rows.step(true);
        }
      }
      try (Rows first = new Rows(prefixes, new int[] {0}, 4);
          Rows second = new Rows(prefixes, new int[] {3, 0}, 4, 5)) {
        first.step(true);
        second.step(true);
        first.step(true);
        second.step(true);
      }
    }
  }

  @Test
  void keep_anyRowsInAnyOrder() {
    try (Prefixes prefixes = prefixes();
        Rows rows =
            new Rows(prefixes, new int[] {3, 0, 3, 1, 4, 0, 2, 3}, 12, 3, 5, 1, 7, 2, 0, 0)) {
      rows.step(true);
      rows.keep(6, 2, 5, 0, 4, 3);
      rows.step(true);
      rows.step(true);
      rows.keep(0, 1, 2); // one row each of sequences 2, 3 and 0
      rows.step(true);
      rows.keep(2, 1); // now fewer than half of the sequences have rows
      rows.step(true);
      rows.keep(1);
      rows.step(true);
    }
  }

  /** The longest prefix leaves, and with it the places that only it had. */
  @Test
  void keep_shorterPrefixes() {
    try (Prefixes prefixes = prefixes();
        Rows rows = new Rows(prefixes, new int[] {3, 3, 4, 0}, 12, 4, 7, 2)) {
      rows.step(true);
      rows.keep(3, 1);
      rows.step(true);
      rows.keep(1);
      rows.step(true);
    }
  }

  /**
   * 70 own tokens: four blocks of keys, which come to arrays that grow twice, and some that wait.
   */
  @Test
  void step_beyondTwoBlocks() {
    int[] of = random.ints(300, 0, 5).toArray();
    int[] lengths =
        IntStream.of(of).map(i -> random.nextInt(sequences.get(i).length + 1)).toArray();
    try (Prefixes prefixes = prefixes();
        Rows rows = new Rows(prefixes, of, lengths)) {
      for (int step = 0; step < 70; step++) {
        rows.step(step % 25 < 2 || step % 25 == 24 || step == 69);
        if (step == 20) {
          rows.keep(IntStream.range(0, 260).toArray());
        } else if (step == 40) {
          rows.keep(IntStream.range(0, 130).map(row -> 259 - 2 * row).toArray());
        } else if (step == 64) {
          rows.keep(IntStream.range(0, 90).toArray());
        }
      }
    }
  }

  @Test
  void step_toTheEndOfTheContext() {
    sequences = List.of(ids(CONTEXT - 1), ids(CONTEXT - 4));
    try (Prefixes prefixes = prefixes();
        Rows rows = new Rows(prefixes, new int[] {1, 0, 1}, CONTEXT - 4, CONTEXT - 6, 1)) {
      for (int step = 0; step < 4; step++) {
        rows.step(true);
      }
    }
  }

  /** Passes that read one sequence each. */
  @Test
  void step_littleMemoryToRead() {
    try (Prefixes prefixes = decoder.prefixes(manager, sequences, 1, 100);
        Rows rows = new Rows(prefixes, new int[] {3, 0, 1, 4, 2, 3}, 12, 3, 1, 7, 0, 6)) {
      rows.step(true);
      rows.step(true);
    }
  }

  /** Sixty rows of sequence 2, nine of others: 14 rows share a copy, so there are five of it. */
  @Test
  void keep_manyRowsOfOneSequence() {
    sequences = IntStream.of(9, 4, 14, 0, 6, 11, 3, 8, 5, 7).mapToObj(this::ids).toList();
    int[] of = IntStream.range(0, 69).map(row -> row % 7 == 3 ? row / 7 : 2).toArray();
    int[] lengths =
        IntStream.of(of).map(i -> random.nextInt(sequences.get(i).length + 1)).toArray();
    SharedPrefixes shared = SharedPrefixes.of(manager, new NDList(), of, lengths);
    assertThat(shared.sequenceCount()).isEqualTo(9 + 5);
    assertThat(shared.rowsPerSequence()).isEqualTo(14);
    try (Prefixes prefixes = prefixes();
        Rows rows = new Rows(prefixes, of, lengths)) {
      rows.step(true);
      rows.step(true);
      rows.keep(IntStream.range(0, 60).toArray());
      rows.step(true);
      rows.keep(anyOf(60, 40));
      rows.step(true);
      rows.keep(anyOf(40, 25));
      rows.step(true);
      rows.keep(rows.ofSequence(2)); // now one sequence is all there is
      rows.step(true);
      rows.keep(anyOf(rows.branches.size(), 3));
      rows.step(true);
    }
  }

  private int[] ids(int length) {
    return random.ints(length, 0, decoder.spec().vocabularySize()).toArray();
  }

  private Prefixes prefixes() {
    return decoder.prefixes(manager, sequences, 1 << 20, 2048);
  }

  /** Returns some of the first numbers in any order. */
  private int[] anyOf(int count, int size) {
    List<Integer> all = new ArrayList<>(IntStream.range(0, count).boxed().toList());
    Collections.shuffle(all, random);
    return all.subList(0, size).stream().mapToInt(Integer::intValue).toArray();
  }

  /** Rows whose ids are known, given random tokens. */
  private final class Rows implements AutoCloseable {
    private final Branches branches;
    private List<int[]> rows = new ArrayList<>();
    private int[] of;

    Rows(Prefixes prefixes, int[] of, int... lengths) {
      this.of = of.clone();
      branches = prefixes.branch(of, lengths, CONTEXT);
      for (int row = 0; row < of.length; row++) {
        rows.add(Arrays.copyOf(sequences.get(of[row]), lengths[row]));
      }
    }

    void step(boolean compared) {
      assertThat(branches.size()).isEqualTo(rows.size());
      int[] tokens = ids(rows.size());
      for (int row = 0; row < tokens.length; row++) {
        int[] longer = Arrays.copyOf(rows.get(row), rows.get(row).length + 1);
        longer[longer.length - 1] = tokens[row];
        rows.set(row, longer);
      }
      try (NDManager scope = manager.newSubManager()) {
        NDArray hidden = branches.step(scope, tokens);
        assertThat(hidden.getShape()).isEqualTo(new Shape(rows.size(), 8));
        assertThat(hidden.getManager()).isSameAs(scope);
        double[] actual = Values.of(hidden);
        int next = rows.size() > 80 ? 7 : 1;
        for (int row = 0; compared && row < rows.size(); row += next) {
          double[] some = Arrays.copyOfRange(actual, row * 8, row * 8 + 8);
          assertThat(Values.distance(some, alone(scope, rows.get(row))))
              .as("row %s of %s tokens", row, rows.get(row).length)
              .isLessThan(2e-5);
        }
      }
    }

    private double[] alone(NDManager scope, int[] ids) {
      long[] row = Arrays.stream(ids).asLongStream().toArray();
      NDArray hidden = decoder.hidden(scope.create(row, new Shape(1, row.length)));
      return Values.of(hidden.get(new NDIndex("0, " + (row.length - 1))));
    }

    void keep(int... kept) {
      branches.keep(kept);
      of = IntStream.of(kept).map(row -> of[row]).toArray();
      rows = new ArrayList<>(IntStream.of(kept).mapToObj(rows::get).toList());
    }

    int[] ofSequence(int sequence) {
      return IntStream.range(0, of.length).filter(row -> of[row] == sequence).toArray();
    }

    @Override
    public void close() {
      branches.close();
    }
  }
}
