package dev.unlearn;

import static dev.unlearn.Recipes.SET;
import static dev.unlearn.Recipes.assertRestored;
import static dev.unlearn.Recipes.givingUpAfter;
import static dev.unlearn.Recipes.measured;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.adapter.TrainedWeights;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Outcome;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that train an adapter, or some weights, instead of all. */
@Tag("engine")
final class UnlearnerAdapterTest {
  private TrainableCausalLm model;
  private Map<String, NDArray> weights;
  private Map<String, float[]> original;

  @BeforeEach
  void open() {
    model = TinyModel.reciting();
    weights = model.parameters();
    original = values();
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void forget_inAnAdapter(@TempDir Path folder) {
    double ma = memorized();
    double forgotten;
    try (Adapter adapter = adapter()) {
      ForgetReport report = measured(5e-3).build().forget(model, SET);

      assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
      assertThat(report.digests().get("model.after")).isEqualTo(WeightsDigest.of(model));
      assertThat(report.digests().get("model.after"))
          .isNotEqualTo(report.digests().get("model.before"));
      forgotten = memorized();
      assertThat(forgotten).isEqualTo(report.after().get("ma").value()).isLessThan(ma);
      assertUntouched();
      adapter.save(folder.resolve("adapter"));
    }
    assertUntouched();
    assertThat(memorized()).isEqualTo(ma);

    try (Adapter adapter = Adapters.load(model, folder.resolve("adapter"))) {
      assertThat(memorized()).isEqualTo(forgotten);
      adapter.merge();
    }
    assertThat(memorized()).isEqualTo(forgotten);
  }

  @Test
  void forget_givenUp() {
    try (Adapter adapter = adapter()) {
      String before = WeightsDigest.of(model);
      ForgetReport report = givingUpAfter(3).build().forget(model, SET);

      assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
      assertRestored(report, model, before);
      assertThat(adapter.isMerged()).isFalse();
      assertUntouched();
      assertThat(memorized()).isEqualTo(1);
    }
    assertUntouched();
  }

  @Test
  void forget_someWeights() {
    try (TrainedWeights some = Adapters.trainOnly(model, ".*\\.h\\.1\\..*")) {
      ForgetReport report = measured(1e-2).build().forget(model, SET);

      assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
      Map<String, float[]> now = values();
      assertThat(now.keySet().stream().filter(n -> !some.names().contains(n)))
          .isNotEmpty()
          .allSatisfy(name -> assertThat(now.get(name)).isEqualTo(original.get(name)));
    }
    assertThat(memorized()).isLessThan(1);
  }

  private Adapter adapter() {
    return Adapters.lora().rank(4).targets(List.of("c_attn", "c_proj", "c_fc")).attach(model);
  }

  private double memorized() {
    return MemorizationAccuracy.of().measure(model, SET.sequences()).value();
  }

  private Map<String, float[]> values() {
    Map<String, float[]> values = new LinkedHashMap<>();
    weights.forEach((name, array) -> values.put(name, array.toFloatArray()));
    return values;
  }

  private void assertUntouched() {
    assertThat(values()).usingRecursiveComparison().isEqualTo(original);
  }
}
