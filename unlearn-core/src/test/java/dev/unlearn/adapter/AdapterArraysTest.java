package dev.unlearn.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDScope;
import dev.unlearn.LiveArrays;
import dev.unlearn.internal.Scopes;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing an adapter does may leave arrays or managers behind, nor be freed too early. */
@Tag("engine")
@ParameterizedClass
@EnumSource
final class AdapterArraysTest {
  @Parameter Subject subject;

  @TempDir Path folder;

  private TrainableCausalLm model;

  @BeforeEach
  void open() {
    model = subject.open();
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void attachAndClose_leaveNothing() {
    assertConstant(
        () -> {
          try (Adapter adapter = subject.attach(model)) {
            Subject.train(model);
            adapter.merge();
            adapter.unmerge();
            adapter.merge();
          }
        });
  }

  @Test
  void mergeAndUnmerge_leaveNothing() {
    try (Adapter adapter = subject.attach(model)) {
      assertConstant(
          () -> {
            adapter.merge();
            adapter.unmerge();
          });
    }
  }

  @Test
  void work_leavesNothing() {
    try (Adapter adapter = subject.attach(model)) {
      assertThat(adapter.isMerged()).isFalse();
      assertConstant(
          () -> {
            Subject.train(model);
            assertThat(Subject.logProbabilities(model)).isNotEmpty();
          });
    }
  }

  @Test
  void load_leavesNothing() {
    try (Adapter adapter = subject.attach(model)) {
      adapter.save(folder.resolve("adapter"));
    }
    assertConstant(() -> Adapters.load(model, folder.resolve("adapter")).close());
  }

  @Test
  void refusals_leaveNothing() {
    assertConstant(
        () -> {
          assertThatThrownBy(() -> Adapters.lora().targets(List.of("no")).attach(model))
              .isNotNull();
          try (TrainedWeights all = Adapters.trainOnly(model, ".*")) {
            assertThatThrownBy(() -> subject.attach(model)).isNotNull();
            assertThat(all.names()).isNotEmpty();
          }
        });
  }

  /** Somebody's scope must not close what lives as long as the adapter. */
  @Test
  void attach_insideAScope() {
    Adapter adapter;
    try (NDScope scope = Scopes.open()) {
      adapter = subject.attach(model);
    }
    Subject.train(model);
    double[] scores = Subject.logProbabilities(model);
    try (NDScope scope = Scopes.open()) {
      adapter.merge();
    }
    adapter.unmerge();
    assertThat(Subject.logProbabilities(model)).isEqualTo(scores);
    adapter.close();
  }

  private void assertConstant(Runnable round) {
    LiveArrays.assertConstant(model.manager(), 2, 10, round);
  }
}
