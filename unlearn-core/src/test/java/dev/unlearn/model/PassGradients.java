package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.HeadMemory;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/** Gradients of losses on {@link Leaves}, by name, of a pass and of the plain computation. */
final class PassGradients {
  /** Three rows, the last with a prompt. */
  static final List<TokenSequence> RAGGED =
      List.of(
          TokenSequence.of(3, 1, 4, 1, 5, 9),
          TokenSequence.of(2, 7, 1),
          TokenSequence.of(8, 2, 8, 4, 5).withPromptLength(3));

  private PassGradients() {}

  static NDArray weighted(Leaves leaves) {
    NDArray perToken = leaves.logProbabilities();
    return perToken.mul(random(perToken, 4)).sum();
  }

  static NDArray random(NDArray like, long seed) {
    return Values.random(like.getManager(), seed, 0.1, like.getShape().getShape());
  }

  static void assertSame(
      Network network, List<TokenSequence> sequences, Function<Leaves, NDArray> loss) {
    double[] values = new double[1];
    Map<String, double[]> actual =
        gradients(
            network,
            sequences,
            pass -> {
              NDArray value = loss.apply(Leaves.of(pass));
              values[0] = value.getFloat();
              backward(value, pass);
            });
    try (TokenBatch batch = TokenBatch.of(network.manager(), sequences);
        Torch.GradientMode off = Torch.gradientsOff()) {
      double expected = loss.apply(Leaves.plain(network, batch)).getFloat();
      assertThat(Math.abs(values[0] - expected)).isLessThan(1e-5);
    }
    assertClose(actual, plainGradients(network, sequences, loss), 1e-6);
  }

  static Map<String, double[]> plainGradients(
      Network network, List<TokenSequence> sequences, Function<Leaves, NDArray> loss) {
    Torch.zeroGradients(network.parameters().values());
    try (TokenBatch batch = TokenBatch.of(network.manager(), sequences);
        Torch.GradientMode on = Torch.gradientsOn()) {
      Torch.backward(loss.apply(Leaves.plain(network, batch)), batch.manager().ones(new Shape()));
    }
    return read(network);
  }

  static Map<String, double[]> gradients(
      Network network, List<TokenSequence> sequences, Consumer<Pass> work) {
    Torch.zeroGradients(network.parameters().values());
    addGradients(network, sequences, work);
    return read(network);
  }

  static void addGradients(Network network, List<TokenSequence> sequences, Consumer<Pass> work) {
    try (TokenBatch batch = TokenBatch.of(network.manager(), sequences);
        Torch.GradientMode on = Torch.gradientsOn()) {
      work.accept(new NetworkPass(network, batch, true, false, new HeadMemory()));
    }
  }

  static void backward(NDArray loss, Pass pass) {
    Torch.backward(loss, pass.batch().manager().ones(new Shape()));
    pass.backward();
  }

  static Map<String, double[]> read(Network network) {
    Map<String, double[]> result = new LinkedHashMap<>();
    network
        .parameters()
        .forEach((name, parameter) -> result.put(name, Values.gradientOf(parameter)));
    return result;
  }

  static void assertClose(
      Map<String, double[]> actual, Map<String, double[]> expected, double tolerance) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) ->
            assertThat(Values.distance(actual.get(name), values)).as(name).isLessThan(tolerance));
  }
}
