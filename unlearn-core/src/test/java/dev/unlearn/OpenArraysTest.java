package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.Torch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

@Tag("engine")
final class OpenArraysTest {

  @Test
  void manager_leftOpen() {
    Map<String, String> before = OpenArrays.open();
    NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
    manager.setName("forgotten");
    assertThatThrownBy(() -> OpenArrays.assertNothingOpened(before))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("arrays and managers left open")
        .hasMessageContaining("manager forgotten of " + Devices.byDefault());
    manager.close();
    assertThatCode(() -> OpenArrays.assertNothingOpened(before)).doesNotThrowAnyException();
  }

  @Test
  void array_leftInAManagerThatWasOpenBefore() {
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
        NDManager below = manager.newSubManager()) {
      Map<String, String> before = OpenArrays.open();
      below.zeros(new Shape(2, 3)).close();
      assertThatCode(() -> OpenArrays.assertNothingOpened(before)).doesNotThrowAnyException();
      below.zeros(new Shape(2, 3));
      assertThatThrownBy(() -> OpenArrays.assertNothingOpened(before))
          .hasMessageContaining("array of (2, 3), float32");
    }
  }

  @Test
  void model_leftOpen() {
    Map<String, String> before = OpenArrays.open();
    TrainableCausalLm model = TinyModel.gpt2(1);
    assertThatThrownBy(() -> OpenArrays.assertNothingOpened(before))
        .hasMessageContaining("array of (20, 16), float32");
    model.close();
    assertThatCode(() -> OpenArrays.assertNothingOpened(before)).doesNotThrowAnyException();
  }

  /** Nothing but its tag brings the check to a test class. */
  @Test
  void testClass_leavesAManagerOpen() {
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    try {
      LauncherFactory.create()
          .execute(
              LauncherDiscoveryRequestBuilder.request()
                  .selectors(DiscoverySelectors.selectClass(Leaking.class))
                  .build(),
              listener);
      assertThat(listener.getSummary().getTestsSucceededCount()).isEqualTo(1);
      assertThat(listener.getSummary().getFailures()).hasSize(1);
      assertThat(listener.getSummary().getFailures().get(0).getException())
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("manager forgotten of " + Devices.byDefault());
    } finally {
      Leaking.MANAGERS.forEach(NDManager::close);
    }
  }

  @Tag("engine")
  static final class Leaking {
    static final List<NDManager> MANAGERS = new ArrayList<>();

    @Test
    void passes() {
      NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
      manager.setName("forgotten");
      MANAGERS.add(manager);
    }
  }
}
