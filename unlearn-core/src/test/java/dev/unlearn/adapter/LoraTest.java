package dev.unlearn.adapter;

import static dev.unlearn.adapter.Subject.SEQUENCES;
import static dev.unlearn.adapter.Subject.logProbabilities;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.internal.Values;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("engine")
@ParameterizedClass
@EnumSource
final class LoraTest {
  private static final int RANK = 3;

  @Parameter Subject subject;

  private TrainableCausalLm model;
  private Map<String, NDArray> weights;
  private Map<String, float[]> original;

  @BeforeEach
  void open() {
    model = subject.open();
    weights = model.parameters();
    original = Subject.values(weights);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void attach_changesNoResultAtFirst() {
    double[] scores = logProbabilities(model);
    double[] logits = logits();

    try (Adapter adapter = subject.attach(model)) {
      assertThat(adapter.modules()).isNotEmpty();
      assertThat(logProbabilities(model)).isEqualTo(scores);
      assertThat(logits()).isEqualTo(logits);
    }
  }

  @Test
  void parameters_areThoseOfTheAdapter() {
    try (Adapter adapter = subject.attach(model)) {
      assertThat(adapter.modules())
          .isNotEmpty()
          .allMatch(path -> subject.targets().stream().anyMatch(path::endsWith));
      assertThat(model.parameters())
          .containsOnlyKeys(
              adapter.modules().stream()
                  .flatMap(path -> List.of(name(path, "A"), name(path, "B")).stream())
                  .toList());
      for (String path : adapter.modules()) {
        NDArray a = parameter(path, "A");
        NDArray b = parameter(path, "B");
        long inputs = a.getShape().get(1);
        assertThat(a.getShape().get(0)).isEqualTo(RANK);
        assertThat(b.getShape().get(1)).isEqualTo(RANK);
        // Kaiming's uniform distribution with a = √5 has the bound √(6 / ((1 + 5) inputs)).
        double largest = Values.largest(Values.of(a));
        assertThat(largest).isLessThanOrEqualTo(1 / Math.sqrt((double) inputs));
        assertThat(largest).isGreaterThan(0.8 / Math.sqrt((double) inputs));
        assertThat(Values.of(b)).containsOnly(0);
      }
      assertThat(weights.values()).noneMatch(Torch::requiresGradient);
      assertThat(model.parameters().values()).allMatch(Torch::requiresGradient);
    }
    assertThat(model.parameters()).isSameAs(weights);
    assertThat(weights.values()).allMatch(Torch::requiresGradient);
  }

  /** Along the gradient of one matrix, the loss rises by that gradient's length. */
  @Test
  void gradient_isThatOfFiniteDifferences() {
    try (Adapter adapter = subject.attach(model)) {
      assertThat(adapter.isMerged()).isFalse();
      Subject.train(model);
      Map<String, double[]> gradients = gradients();
      gradients.forEach(
          (name, gradient) -> {
            double length =
                Math.sqrt(
                    IntStream.range(0, gradient.length)
                        .mapToDouble(i -> gradient[i] * gradient[i])
                        .sum());
            double step = 1e-2;
            double rise =
                lossAt(name, gradient, step / length) - lossAt(name, gradient, -step / length);
            assertThat(rise / (2 * step)).as(name).isCloseTo(length, within(5e-3 * length + 2e-3));
          });
    }
  }

  private Map<String, double[]> gradients() {
    try (TokenBatch batch = TokenBatch.of(model.manager(), SEQUENCES);
        Torch.GradientMode on = Torch.gradientsOn()) {
      Torch.zeroGradients(model.parameters().values());
      Pass pass = model.pass(batch);
      Torch.backward(pass.logProbabilities().sum(), batch.manager().create(-1f));
      pass.backward();
      Map<String, double[]> gradients = new LinkedHashMap<>();
      model.parameters().forEach((name, array) -> gradients.put(name, Values.gradientOf(array)));
      return gradients;
    }
  }

  private double lossAt(String name, double[] direction, double factor) {
    NDArray array = model.parameters().get(name);
    float[] before = array.toFloatArray();
    float[] moved = before.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += (float) (factor * direction[i]);
    }
    set(array, moved);
    double loss = -Arrays.stream(logProbabilities(model)).sum();
    set(array, before);
    return loss;
  }

  private static void set(NDArray array, float[] values) {
    try (NDArray source = array.getManager().create(values, array.getShape())) {
      TorchOps.get().copy(List.of(source), List.of(array));
    }
  }

  @Test
  void update_changesTheAdapterOnly() {
    try (Adapter adapter = subject.attach(model)) {
      Map<String, float[]> before = Subject.values(model.parameters());
      double[] scores = logProbabilities(model);
      Subject.train(model);

      Subject.values(model.parameters())
          .forEach((name, values) -> assertThat(values).isNotEqualTo(before.get(name)));
      assertThat(Values.distance(logProbabilities(model), scores)).isGreaterThan(0.01);
      assertOriginal();
      assertThat(adapter.isMerged()).isFalse();
    }
    assertOriginal();
  }

  @Test
  void close_bringsTheModelBack() {
    double[] scores = logProbabilities(model);
    try (Adapter adapter = subject.attach(model)) {
      Subject.train(model);
      assertThat(adapter.isMerged()).isFalse();
      assertThat(logProbabilities(model)).isNotEqualTo(scores);
    }
    assertThat(logProbabilities(model)).isEqualTo(scores);
    assertThat(model.info().parameterCount())
        .isEqualTo(weights.values().stream().mapToLong(NDArray::size).sum());
  }

  private void assertOriginal() {
    assertThat(Subject.values(weights)).usingRecursiveComparison().isEqualTo(original);
  }

  private static String name(String path, String matrix) {
    return "base_model.model." + path + ".lora_" + matrix + ".weight";
  }

  private NDArray parameter(String path, String matrix) {
    return model.parameters().get(name(path, matrix));
  }

  private double[] logits() {
    try (TokenBatch batch = TokenBatch.of(model.manager(), SEQUENCES)) {
      return Values.of(model.passWithoutGradients(batch).logits());
    }
  }
}
