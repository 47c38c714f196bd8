package dev.unlearn.fault;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.Described;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.fault.Fuse.Part;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.Strategy;
import dev.unlearn.spi.UtilityGuard;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.strategy.Strategies;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A recipe of custom parts alone, each of which tells a fuse of its calls.
 *
 * @param spoilt whether the loss is not a number
 */
record FusedRecipe(Fuse fuse, AtomicBoolean spoilt) {
  private static final int EPOCHS_OF_A_LOT = 2;

  Unlearner unlearner() {
    Objective ascent = Objectives.gradientAscent();
    Strategy strategy = Strategies.sequentialOnce(2);
    Metric metric = metric();
    StoppingCriterion criterion =
        new Described(
            "fused",
            progress -> {
              fuse.called(Part.CRITERION);
              MetricResult unused = progress.measure(metric);
              return progress.lotEpoch() < EPOCHS_OF_A_LOT
                  ? Decision.proceed()
                  : Decision.forgotten("enough");
            });
    return Unlearner.builder()
        .microBatchTokens(24)
        .objective(
            new FusedObjective(
                context -> {
                  fuse.called(Part.OBJECTIVE);
                  NDArray loss = ascent.loss(context);
                  return spoilt.get() ? loss.mul(Float.NaN) : loss;
                }))
        .optimizer(optimizer())
        .strategy(
            new FusedStrategy(
                (set, history) -> {
                  fuse.called(Part.STRATEGY);
                  return strategy.next(set, history);
                }))
        .stopWhen(criterion)
        .guard(
            new FusedGuard(
                progress -> {
                  fuse.called(Part.GUARD);
                  return Optional.empty();
                }))
        .build();
  }

  private record FusedObjective(Objective fused) implements Objective {
    @Override
    public NDArray loss(ObjectiveContext context) {
      return fused.loss(context);
    }

    @Override
    public String description() {
      return "fused";
    }
  }

  private record FusedStrategy(Strategy fused) implements Strategy {
    @Override
    public Optional<Lot> next(ForgetSet set, List<EpochReport> history) {
      return fused.next(set, history);
    }

    @Override
    public String description() {
      return "fused";
    }
  }

  private record FusedGuard(UtilityGuard fused) implements UtilityGuard {
    @Override
    public Optional<String> violation(EpochProgress progress) {
      return fused.violation(progress);
    }

    @Override
    public String description() {
      return "fused";
    }
  }

  private Metric metric() {
    Metric accuracy = MemorizationAccuracy.of();
    return new Metric() {
      @Override
      public String key() {
        return accuracy.key();
      }

      @Override
      public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
        fuse.called(Part.METRIC);
        return accuracy.measure(model, sequences);
      }

      @Override
      public boolean higherMeansKnown() {
        return accuracy.higherMeansKnown();
      }
    };
  }

  private Optimizer optimizer() {
    Optimizer adam = Optimizers.adam(2e-3);
    return new Optimizer() {
      @Override
      public OptimizerState start(NDManager manager, List<NDArray> parameters) {
        fuse.called(Part.OPTIMIZER_START);
        OptimizerState state = adam.start(manager, parameters);
        return new OptimizerState() {
          @Override
          public void update(List<NDArray> gradients) {
            state.update(gradients);
            // Where the weights are others already.
            fuse.called(Part.OPTIMIZER_UPDATE);
          }

          @Override
          public Map<String, NDArray> arrays() {
            return state.arrays();
          }

          @Override
          public void close() {
            state.close();
            fuse.called(Part.OPTIMIZER_CLOSE);
          }
        };
      }

      @Override
      public String description() {
        return "fused " + adam.description();
      }
    };
  }
}
