package dev.unlearn.attack;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.membership.MembershipScore;
import dev.unlearn.internal.HostValues;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.util.ArrayList;
import java.util.List;

/**
 * The gradient norm of each sequence: the mean over all trained parameters of the p-norm of the
 * gradient of the mean negative log-likelihood of the sequence's targets. A model pulls less at
 * what it was trained on, so as a {@link MembershipScore} it counts negatively.
 *
 * <p>Source: Wang et al., Pandora's White-Box, 2024, arXiv 2402.17012; form of open-unlearning with
 * p = 2, of MIMIR with p = infinity. Deviation: open-unlearning switches dropout on; here it is
 * off. Each parameter counts as one tensor, whatever its size; of a model with adapters it is the
 * adapters that are trained.
 *
 * <p>Sequences go one by one, forward and backward. Weights stay bit for bit as they are; gradients
 * are zero afterwards. Do not use it while the model is being trained.
 */
public final class GradientNorms implements MembershipScore {
  private final boolean euclidean;

  private GradientNorms(boolean euclidean) {
    this.euclidean = euclidean;
  }

  /** Returns the L2 norm, key {@code "grad_norm_2"}. */
  public static GradientNorms euclidean() {
    return new GradientNorms(true);
  }

  /** Returns the largest absolute value, p = infinity, key {@code "grad_norm_inf"}. */
  public static GradientNorms maximum() {
    return new GradientNorms(false);
  }

  @Override
  public String key() {
    return euclidean ? "grad_norm_2" : "grad_norm_inf";
  }

  @Override
  public String title() {
    return euclidean ? "gradient norm (L2)" : "gradient norm (maximum)";
  }

  /**
   * Returns the norm of each sequence, negative.
   *
   * @throws IllegalArgumentException if the model cannot be trained
   */
  @Override
  public List<Double> scores(CausalLm model, List<TokenScores> scores) {
    checkArgument(
        model instanceof TrainableCausalLm,
        "gradient norms need a TrainableCausalLm, but the model was: %s",
        model.getClass().getName());
    List<TokenSequence> sequences = scores.stream().map(TokenScores::sequence).toList();
    return norms((TrainableCausalLm) model, sequences).stream().map(norm -> -norm).toList();
  }

  /**
   * Returns the norm of each sequence, in order; NaN where it has no target or the gradient is not
   * finite.
   */
  public List<Double> norms(TrainableCausalLm model, List<TokenSequence> sequences) {
    List<Double> norms = new ArrayList<>(sequences.size());
    Recorder recorder = new Recorder();
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), recorder, Integer.MAX_VALUE)) {
      for (TokenSequence sequence : sequences) {
        recorder.norm = Double.NaN;
        if (sequence.targetCount() > 0) {
          updates.update(List.of(sequence));
        }
        norms.add(recorder.norm);
      }
    }
    return norms;
  }

  /** An optimizer that looks at the gradients and leaves the parameters alone. */
  private final class Recorder implements Optimizer {
    double norm;

    @Override
    public OptimizerState start(NDManager manager, List<NDArray> parameters) {
      return new OptimizerState() {
        @Override
        public void update(List<NDArray> gradients) {
          norm = gradients.stream().mapToDouble(g -> norm(manager, g)).average().orElseThrow();
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public String description() {
      return "gradient norms";
    }
  }

  private double norm(NDManager manager, NDArray gradient) {
    if (euclidean) {
      return TorchOps.get().norm(manager, List.of(gradient));
    }
    try (NDArray absolute = gradient.abs();
        NDArray largest = absolute.max()) {
      return HostValues.number(largest);
    }
  }
}
