package dev.unlearn.examples.docs;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.EpochReport;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.UtilityGuard;
import dev.unlearn.spi.train.RetainTerm;
import dev.unlearn.stop.StoppingCriteria;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/** The code of docs/extending.md that no example has. */
final class ExtendingSnippets {
  private ExtendingSnippets() {}

  /** The mean of {@code -(1 - p) ln p}: tokens that are known well hardly count. */
  static RetainTerm whereUnsure() {
    return retain -> {
      NDArray logProbabilities = retain.pass().logProbabilities();
      return retain.tokenMean(logProbabilities.exp().mul(logProbabilities).sub(logProbabilities));
    };
  }

  /** Ends a run once the loss on a text has grown by more than a share of what it was. */
  static UtilityGuard lossGrowsByLessThan(double share, Corpus text) {
    Metric loss = TokenLoss.of();
    return progress ->
        progress.measure(loss, text).value() > (1 + share) * progress.baseline(loss, text).value()
            ? Optional.of("the loss on text to keep has grown")
            : Optional.empty();
  }

  /** Changes every weight by the same step, against the sign of its gradient. */
  record SignDescent(double step) implements Optimizer {
    @Override
    public OptimizerState start(NDManager manager, List<NDArray> parameters) {
      return new OptimizerState() {
        @Override
        public void update(List<NDArray> gradients) {
          for (int i = 0; i < parameters.size(); i++) {
            parameters.get(i).subi(gradients.get(i).signi().muli((float) step));
          }
        }

        @Override
        public void close() {} // it keeps nothing
      };
    }

    @Override
    public long stateBytes(Collection<NDArray> parameters) {
      return 0;
    }

    @Override
    public String description() {
      return "sign-descent(" + step + ")";
    }
  }

  static UnlearningListener epochsTo(IntConsumer gauge) {
    return new UnlearningListener() {
      @Override
      public void epochEnded(EpochReport epoch) {
        gauge.accept(epoch.epoch());
      }
    };
  }

  static Unlearner ofOwnParts(Corpus kept) {
    return Unlearner.builder()
        .objective(Objectives.gradientAscent().withRetain(1, whereUnsure()))
        .retain(kept)
        .optimizer(new SignDescent(1e-4))
        .guard(lossGrowsByLessThan(0.5, kept))
        .stopWhen(
            StoppingCriteria.below(MemorizationAccuracy.of(), 0.2)
                .or(StoppingCriteria.maxEpochs(50)))
        .build();
  }
}
