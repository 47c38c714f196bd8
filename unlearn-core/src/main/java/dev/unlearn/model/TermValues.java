package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.spi.train.TargetLogits;
import dev.unlearn.spi.train.TargetTerm;
import java.util.function.Function;

/**
 * A {@link TargetTerm} of all targets. Forward, logits are computed without gradients, piece by
 * piece, and only the values stay. Backward, each piece is computed once more with gradients and at
 * once sent back.
 */
final class TermValues implements HeadOutput {
  private final Network network;
  private final TargetStates targets;
  private final TargetTerm term;
  private final Function<long[], NDArray> reference;
  private final Pieces pieces;
  private final NDArray leaf;

  /**
   * Computes the values.
   *
   * @param reference returns logits of the original model at places
   */
  TermValues(
      Network network,
      TargetStates targets,
      TargetTerm term,
      Function<long[], NDArray> reference,
      boolean trained) {
    this.network = network;
    this.targets = targets;
    this.term = term;
    this.reference = reference;
    pieces = Pieces.forLogits(targets.count(), network.vocabularySize());
    try (Torch.GradientMode off = Torch.gradientsOff();
        NDScope scope = Scopes.open()) {
      NDList parts = new NDList();
      pieces.forEach(
          (begin, end) -> {
            try (NDScope piece = Scopes.open()) {
              NDArray values = values(Pieces.rows(targets.states(), begin, end), begin, end);
              NDScope.unregister(values);
              parts.add(values);
            }
          });
      leaf = HeadOutput.leafOf(targets.toGrid(Pieces.joined(parts)), trained);
    }
  }

  /** Computes the log-probabilities, for heads that are not known from inside. */
  static TermValues logProbabilities(Network network, TargetStates targets, boolean trained) {
    return new TermValues(
        network,
        targets,
        seen -> TorchOps.get().tokenLogProbabilities(seen.logits(), seen.ids()),
        places -> {
          throw new AssertionError("log-probabilities need no reference");
        },
        trained);
  }

  private NDArray values(NDArray states, long begin, long end) {
    TargetLogits seen =
        new TargetLogits(
            network.logits(states),
            Pieces.rows(targets.ids(), begin, end),
            () -> reference.apply(targets.places(begin, end)));
    NDArray values = term.values(seen);
    checkState(
        values.getShape().equals(new Shape(end - begin)),
        "a term must return a value of each of %s targets, shape %s, but returned: %s",
        end - begin,
        new Shape(end - begin),
        values.getShape());
    return values;
  }

  @Override
  public NDArray leaf() {
    return leaf;
  }

  @Override
  public NDArray backward() {
    NDArray gradient = targets.fromGrid(leaf.getGradient());
    NDList parts = new NDList();
    pieces.forEach(
        (begin, end) -> {
          try (NDScope scope = Scopes.open()) {
            NDArray input = Pieces.leaf(targets.states(), begin, end);
            Torch.backward(values(input, begin, end), Pieces.rows(gradient, begin, end));
            parts.add(Pieces.gradient(input));
          }
        });
    return targets.toBatch(Pieces.joined(parts));
  }
}
