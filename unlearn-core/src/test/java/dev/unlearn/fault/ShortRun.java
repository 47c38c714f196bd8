package dev.unlearn.fault;

import dev.unlearn.CausalLms;
import dev.unlearn.RunOptions;
import dev.unlearn.TinyModel;
import dev.unlearn.Unlearner;
import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import dev.unlearn.training.Updates;
import java.nio.file.Path;
import java.util.List;

/**
 * A process of its own that forgets in a work directory. It prints {@code begun}, then {@code ended
 * DIGEST OUTCOME EPOCHS RESUMED}, or {@code failed INTACT MESSAGE}.
 */
final class ShortRun {
  /** Wide enough that to write an epoch takes a visible share of its time. */
  private static final String CONFIG =
      """
      {
        "model_type": "gpt2", "vocab_size": 500, "n_embd": 64, "n_layer": 2, "n_head": 2,
        "n_positions": %d, "initializer_range": 0.1
      }
      """
          .formatted(TinyModel.CONTEXT);

  private static final ForgetSet SET = TinyModel.recited();
  private static final Corpus RETAIN = Corpus.of(TinyModel.random(3, 7, TinyModel.LENGTH));

  private ShortRun() {}

  /** Recipes whose state between epochs differs in kind. */
  enum Kind {
    ADAM(12) {
      @Override
      UnlearnerBuilder recipe() {
        return super.recipe().stopWhen(new After(12));
      }
    },
    LOTS(12) {
      @Override
      UnlearnerBuilder recipe() {
        return super.recipe().strategy(Strategies.sequentialOnce(3)).stopWhen(new After(4));
      }
    },
    BEST(12) {
      @Override
      UnlearnerBuilder recipe() {
        return super.recipe()
            .onGiveUp(GiveUp.KEEP_BEST)
            .stopWhen(new After(100).or(StoppingCriteria.maxEpochs(12)));
      }
    },
    RETAIN_AND_REFERENCE(10) {
      @Override
      UnlearnerBuilder recipe() {
        return super.recipe()
            .objective(Objectives.npo(0.5).withRetain(0.5, RetainTerms.crossEntropy()))
            .retain(RETAIN)
            .retainPerUpdate(3)
            .randomContext(4, 2)
            .seed(5)
            .stopWhen(new After(10));
      }
    },
    MEMORY(10) {
      @Override
      UnlearnerBuilder recipe() {
        return super.recipe()
            .objective(Objectives.pdu(0.5, 1, 0.5, 1))
            .retain(RETAIN)
            .stopWhen(new After(10));
      }
    };

    /** The number of epochs of the whole run. */
    final int epochs;

    Kind(int epochs) {
      this.epochs = epochs;
    }

    UnlearnerBuilder recipe() {
      return Unlearner.builder().optimizer(Optimizers.adam(1e-3)).microBatchTokens(48);
    }
  }

  /** Ends after a number of epochs, and looks at what a real criterion looks at. */
  private record After(int epochs) implements StoppingCriterion {
    @Override
    public List<Metric> metrics() {
      return List.of(MemorizationAccuracy.of(), ExtractionLikelihood.of(3));
    }

    @Override
    public Decision evaluate(EpochProgress progress) {
      return progress.lotEpoch() < epochs ? Decision.proceed() : Decision.forgotten("enough");
    }

    @Override
    public String description() {
      return "after " + epochs;
    }
  }

  /** Saves a model that recites the set. */
  static void teach(Path target) {
    try (TrainableCausalLm model = TinyModel.create(CONFIG, 1)) {
      try (Updates updates =
          new Updates(model, Objectives.gradientDescent(), Optimizers.adam(3e-3), 4096)) {
        for (int step = 0; step < 40; step++) {
          updates.update(SET.sequences());
        }
      }
      CausalLms.save(model, target);
    }
  }

  /** Takes the model, the work directory, the kind of recipe and how often to run it. */
  public static void main(String[] arguments) {
    Kind kind = Kind.valueOf(arguments[2]);
    for (int run = 0; run < Integer.parseInt(arguments[3]); run++) {
      run(Path.of(arguments[0]), Path.of(arguments[1]), kind);
    }
  }

  private static void run(Path taught, Path folder, Kind kind) {
    try (TrainableCausalLm model = CausalLms.load(taught)) {
      String original = WeightsDigest.of(model);
      Unlearner unlearner = kind.recipe().build();
      RunOptions options = RunOptions.builder().workDirectory(folder).build();
      System.out.println("begun");
      try {
        ForgetReport report = unlearner.forget(model, SET, options);
        System.out.printf(
            "ended %s %s %d %d%n",
            WeightsDigest.of(model),
            report.outcome(),
            report.epochCount(),
            report.resumedAfter().orElse(0));
      } catch (RuntimeException e) {
        System.out.printf(
            "failed %s %s%n", original.equals(WeightsDigest.of(model)), e.getMessage());
      }
    }
  }
}
