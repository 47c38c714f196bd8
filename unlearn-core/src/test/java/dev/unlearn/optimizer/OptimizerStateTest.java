package dev.unlearn.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("engine")
final class OptimizerStateTest {
  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);

  @AfterEach
  void close() {
    manager.close();
  }

  static Stream<Optimizer> optimizers() {
    Schedule schedule = Schedules.cosine(7).afterWarmUp(2);
    return Stream.of(
            Optimizers.adam(0.01),
            Optimizers.adamW(0.01, 0.2),
            Optimizers.adafactor(0.01),
            Optimizers.sgd(0.01),
            Optimizers.sgd(0.01, 0.9),
            Optimizers.nesterov(0.01, 0.9))
        .flatMap(o -> Stream.of(o, o.withSchedule(schedule).clippedTo(2)));
  }

  /** Four updates, save, a fresh state, four more, are eight updates, bit for bit. */
  @ParameterizedTest
  @MethodSource("optimizers")
  void load_goesOnWhereTheOtherWas(Optimizer optimizer) {
    List<NDArray> through = parameters();
    try (OptimizerState state = optimizer.start(manager, through)) {
      update(state, 1, 8);
    }

    List<NDArray> resumed = parameters();
    Map<String, NDArray> saved;
    try (OptimizerState state = optimizer.start(manager, resumed)) {
      update(state, 1, 4);
      saved = copies(state);
    }
    try (OptimizerState state = optimizer.start(manager, resumed)) {
      state.load(saved);
      saved.values().forEach(NDArray::close);
      update(state, 5, 8);
    }

    for (int i = 0; i < through.size(); i++) {
      assertThat(resumed.get(i).toFloatArray()).isEqualTo(through.get(i).toFloatArray());
    }
  }

  /** That the test above could fail. */
  @ParameterizedTest
  @MethodSource("optimizers")
  void start_withoutLoadIsSomethingElse(Optimizer optimizer) {
    boolean remembers = !optimizer.description().equals(Optimizers.sgd(0.01).description());
    List<NDArray> through = parameters();
    try (OptimizerState state = optimizer.start(manager, through)) {
      update(state, 1, 8);
    }

    List<NDArray> anew = parameters();
    for (int first : new int[] {1, 5}) {
      try (OptimizerState state = optimizer.start(manager, anew)) {
        update(state, first, first + 3);
      }
    }

    assertThat(Values.distance(Values.of(anew.get(0)), Values.of(through.get(0))) > 1e-4)
        .isEqualTo(remembers);
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void update_leavesNothing(Optimizer optimizer) {
    List<NDArray> parameters = parameters();
    List<NDArray> gradients = gradients(1);
    try (OptimizerState state = optimizer.start(manager, parameters)) {
      int before = manager.getManagedArrays().size();
      for (int update = 1; update <= 20; update++) {
        state.update(gradients);
      }
      assertThat(manager.getManagedArrays()).hasSize(before);
    }
    assertThat(manager.getManagedArrays()).hasSize(parameters.size() + gradients.size());
  }

  @Test
  void arrays_names() {
    assertThat(names(Optimizers.adam(0.1)))
        .containsExactly("step", "mean.0", "variance.0", "mean.1", "variance.1");
    assertThat(names(Optimizers.sgd(0.1, 0.5))).containsExactly("step", "velocity.0", "velocity.1");
    assertThat(names(Optimizers.sgd(0.1))).containsExactly("step");
    assertThat(names(Optimizers.adafactor(0.1)))
        .containsExactly("step", "rows.0", "columns.0", "variance.1");
  }

  @Test
  void arrays_values() {
    try (OptimizerState state = Optimizers.sgd(0.1, 0.5).start(manager, parameters())) {
      update(state, 1, 3);
      assertThat(state.arrays().get("step").getFloat()).isEqualTo(3);
      // v = g3 + g2 / 2 + g1 / 4
      double[] expected = new double[12];
      for (int update = 1; update <= 3; update++) {
        double[] gradient = Values.of(gradients(update).get(0));
        for (int i = 0; i < expected.length; i++) {
          expected[i] = expected[i] / 2 + gradient[i];
        }
      }
      NDArray velocity = state.arrays().get("velocity.0");
      assertThat(velocity.getShape()).isEqualTo(new Shape(3, 4));
      assertThat(Values.distance(Values.of(velocity), expected)).isLessThan(1e-6);
    }
  }

  @Test
  void arrays_adafactorIsSmall() {
    NDArray matrix = manager.zeros(new Shape(2, 30, 20));
    try (OptimizerState state = Optimizers.adafactor(0.1).start(manager, List.of(matrix))) {
      assertThat(state.arrays().get("rows.0").getShape()).isEqualTo(new Shape(2, 30, 1));
      assertThat(state.arrays().get("columns.0").getShape()).isEqualTo(new Shape(2, 1, 20));
      assertThat(state.arrays()).hasSize(3);
    }
  }

  @Test
  void load_otherNames() {
    try (OptimizerState adam = Optimizers.adam(0.1).start(manager, parameters());
        OptimizerState momentum = Optimizers.sgd(0.1, 0.5).start(manager, parameters())) {
      assertThatThrownBy(() -> momentum.load(adam.arrays()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the state must be given its own arrays and no others, but missed [velocity.0,"
                  + " velocity.1] and was given [mean.0, variance.0, mean.1, variance.1]");
    }
  }

  @Test
  void load_otherShapeOrType() {
    try (OptimizerState state = Optimizers.sgd(0.1, 0.5).start(manager, parameters())) {
      update(state, 1, 1);
      float[] before = state.arrays().get("velocity.0").toFloatArray();
      Map<String, NDArray> values = new HashMap<>(copies(state));
      values.get("velocity.0").muli(2);
      values.put("velocity.1", manager.zeros(new Shape(6)));
      assertRefused(state, values, "float32 of shape (6)");
      values.put("velocity.1", manager.zeros(new Shape(5), DataType.FLOAT64));
      assertRefused(state, values, "float64 of shape (5)");
      assertThat(state.arrays().get("velocity.0").toFloatArray()).isEqualTo(before);
    }
  }

  private static void assertRefused(
      OptimizerState state, Map<String, NDArray> values, String found) {
    assertThatThrownBy(() -> state.load(values))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "array velocity.1 of the state must be float32 of shape (5), but was: " + found);
  }

  @Test
  void load_stateWithoutArrays() {
    OptimizerState state =
        new OptimizerState() {
          @Override
          public void update(List<NDArray> gradients) {}

          @Override
          public void close() {}
        };
    state.load(Map.of());
    assertThat(state.arrays()).isEmpty();
    assertThatThrownBy(() -> state.load(Map.of("step", manager.zeros(new Shape()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the state must be given its own arrays and no others, but missed [] and was given"
                + " [step]");
  }

  private Iterable<String> names(Optimizer optimizer) {
    try (OptimizerState state = optimizer.start(manager, parameters())) {
      return List.copyOf(state.arrays().keySet());
    }
  }

  private Map<String, NDArray> copies(OptimizerState state) {
    return state.arrays().entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                entry -> {
                  NDArray copy = entry.getValue().duplicate();
                  copy.attach(manager);
                  copy.setName(entry.getKey()); // as arrays read from a file may have
                  return copy;
                }));
  }

  private void update(OptimizerState state, int first, int last) {
    for (int update = first; update <= last; update++) {
      state.update(gradients(update));
    }
  }

  private List<NDArray> parameters() {
    return List.of(Values.random(manager, 1, 1, 3, 4), Values.random(manager, 2, 1, 5));
  }

  private List<NDArray> gradients(int update) {
    return List.of(
        Values.random(manager, 10 + update, 1, 3, 4), Values.random(manager, 30 + update, 1, 5));
  }
}
