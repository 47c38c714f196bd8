package dev.unlearn.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ListMultimap;
import dev.unlearn.LiveArrays;
import dev.unlearn.OtherDevice;
import dev.unlearn.internal.Torch;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("engine")
@EnabledOnOs(OS.LINUX)
final class OptimizerOnOtherDeviceTest {
  private final NDManager manager = NDManager.newBaseManager(OtherDevice.get(), Torch.ENGINE);

  @AfterEach
  void close() {
    manager.close();
  }

  /** The step, too: fused operators on a GPU take it from there. */
  @ParameterizedTest
  @MethodSource("dev.unlearn.optimizer.OptimizerStateTest#optimizers")
  void start_stateIsThere(Optimizer optimizer) {
    List<NDArray> parameters = List.of(manager.ones(new Shape(2, 3)), manager.ones(new Shape(3)));
    try (OptimizerState state = optimizer.start(manager, parameters)) {
      assertThat(state.arrays())
          .containsKey("step")
          .allSatisfy((name, array) -> assertThat(array.getDevice()).isEqualTo(OtherDevice.get()));
    }
  }

  /** What is read of the state for an update is a copy in host memory. */
  @Test
  void update_leavesNoCopies() {
    try (RuleState state =
        new RuleState(new Nothing(), Schedules.constant(), Double.NaN, manager, List.of())) {
      LiveArrays.assertConstant(manager, 1, 3, () -> state.update(List.of()));
    }
  }

  private static final class Nothing implements Rule {

    @Override
    public Map<String, Shape> memory(Shape parameter) {
      return Map.of();
    }

    @Override
    public void apply(
        List<NDArray> parameters,
        List<NDArray> gradients,
        ListMultimap<String, NDArray> memory,
        NDArray step,
        double rateFactor) {}

    @Override
    public String description() {
      return "nothing";
    }
  }
}
