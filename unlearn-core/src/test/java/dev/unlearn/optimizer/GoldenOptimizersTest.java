package dev.unlearn.optimizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.io.Resources;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Parameters after each of six updates, as {@code torch.optim} of PyTorch 2.13 computes them.
 *
 * <p>{@code optimizers.json} was made in float64, schedules by {@code LambdaLR}, clipping by {@code
 * clip_grad_norm_}, Adafactor with {@code eps=(1e-30, 1e-3)}. The gradients of the updates have
 * norms of 5.7, 0.063, 16, 1.2, 4.7e-4 and 10.
 */
@Tag("engine")
final class GoldenOptimizersTest {
  private static final JsonObject GOLDEN = read();

  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);

  @AfterEach
  void close() {
    manager.close();
  }

  static Stream<Arguments> optimizers() {
    Schedule warmUpAndLinear = Schedules.linear(5).afterWarmUp(2);
    return Map.ofEntries(
            Map.entry("adam", Optimizers.adam(0.02)),
            Map.entry("adam, other constants", Optimizers.adam(0.05, 0.7, 0.95, 1e-3)),
            Map.entry("adamW", Optimizers.adamW(0.02, 0.3)),
            Map.entry(
                "adamW, warm-up and linear",
                Optimizers.adamW(0.02, 0.3).withSchedule(warmUpAndLinear)),
            Map.entry("sgd", Optimizers.sgd(0.05)),
            Map.entry("momentum", Optimizers.sgd(0.05, 0.9)),
            Map.entry("nesterov", Optimizers.nesterov(0.05, 0.9)),
            Map.entry(
                "momentum, cosine", Optimizers.sgd(0.05, 0.9).withSchedule(Schedules.cosine(5))),
            Map.entry("sgd, clipped", Optimizers.sgd(0.05).clippedTo(2.5)),
            Map.entry(
                "nesterov, warm-up and linear, clipped",
                Optimizers.nesterov(0.05, 0.9).clippedTo(2.5).withSchedule(warmUpAndLinear)),
            Map.entry("adafactor", Optimizers.adafactor(0.02)),
            Map.entry(
                "adafactor, cosine", Optimizers.adafactor(0.8).withSchedule(Schedules.cosine(5))))
        .entrySet()
        .stream()
        .map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("optimizers")
  void update_parameters(String name, Optimizer optimizer) {
    List<NDArray> parameters = arrays(GOLDEN.getAsJsonArray("start"));
    List<JsonArray> gradients = lists(GOLDEN.getAsJsonArray("gradients"));
    List<JsonArray> expected = lists(GOLDEN.getAsJsonObject("parameters").getAsJsonArray(name));

    try (OptimizerState state = optimizer.start(manager, parameters)) {
      for (int update = 0; update < gradients.size(); update++) {
        state.update(arrays(gradients.get(update)));

        List<JsonArray> golden = lists(expected.get(update));
        for (int i = 0; i < golden.size(); i++) {
          double[] values = doubles(golden.get(i));
          double distance = Values.distance(Values.of(parameters.get(i)), values);
          assertThat(distance)
              .as("parameter %s after update %s", i, update + 1)
              .isLessThan(1e-6 * Values.largest(values));
        }
      }
    }
  }

  @Test
  void golden_everyCaseIsTested() {
    assertThat(optimizers().map(arguments -> arguments.get()[0]))
        .hasSameElementsAs(GOLDEN.getAsJsonObject("parameters").keySet());
  }

  private List<NDArray> arrays(JsonArray values) {
    List<JsonArray> shapes = lists(GOLDEN.getAsJsonArray("shapes"));
    List<NDArray> arrays = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      double[] elements = doubles(values.get(i).getAsJsonArray());
      float[] floats = new float[elements.length];
      IntStream.range(0, floats.length).forEach(e -> floats[e] = (float) elements[e]);
      long[] shape = shapes.get(i).asList().stream().mapToLong(JsonElement::getAsLong).toArray();
      arrays.add(manager.create(floats, new Shape(shape)));
    }
    return arrays;
  }

  private static List<JsonArray> lists(JsonArray array) {
    return array.asList().stream().map(JsonElement::getAsJsonArray).toList();
  }

  private static double[] doubles(JsonArray array) {
    return array.asList().stream().mapToDouble(JsonElement::getAsDouble).toArray();
  }

  private static JsonObject read() {
    try {
      String json = Resources.toString(Resources.getResource("golden/optimizers.json"), UTF_8);
      return JsonParser.parseString(json).getAsJsonObject();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
