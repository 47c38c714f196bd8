package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Outcome;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.rollback.Rollback;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole runs on {@link OtherDevice}, compared with the same on the host. */
@Tag("engine")
@EnabledOnOs(OS.LINUX)
final class UnlearnerDeviceTest {
  private static final ForgetSet SET =
      ForgetSet.of(TinyModel.random(1, 3, TinyModel.LENGTH))
          .withAlternatives(Stream.of(2, 3, 4).map(seed -> TinyModel.random(seed, 1, 9)).toList());

  @TempDir private Path folder;

  private static TrainableCausalLm onHost() {
    return TinyModel.llama(1, TinyModel.ON_CPU);
  }

  private static TrainableCausalLm onOther() {
    return TinyModel.llama(1, OtherDevice.options());
  }

  static Stream<Objective> objectives() {
    return Stream.of(
        Objectives.gradientAscent(),
        Objectives.gradientDifference(1),
        Objectives.npo(0.5),
        Objectives.lengthNormalizedNpo(0.5),
        Objectives.simNpo(1, 0.1),
        Objectives.dpo(0.5),
        Objectives.kto(0.5),
        Objectives.wga(1),
        Objectives.satImp(1, 1),
        Objectives.ceU(),
        Objectives.undial(1),
        Objectives.invertedHinge(),
        Objectives.rmu(1, 2, 3).withRetain(1, RetainTerms.hiddenStates(1)),
        Objectives.gradientAscent().withRetain(1, RetainTerms.kl()));
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void forget_asOnTheHost(Objective objective) {
    try (TrainableCausalLm host = onHost();
        TrainableCausalLm other = onOther()) {
      ForgetReport expected = forget(objective, host);
      ForgetReport report = forget(objective, other);
      assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
      assertClose(report, expected);
      assertClose(
          other.score(SET.sequences()),
          host.score(SET.sequences()),
          TokenScores::negativeLogLikelihood);
      OtherDevice.assertThatAllIsOnDeviceOf(other.manager());
    }
  }

  private static ForgetReport forget(Objective objective, TrainableCausalLm model) {
    return recipe(objective, 1).onGiveUp(GiveUp.KEEP_LAST).build().forget(model, SET);
  }

  private static UnlearnerBuilder recipe(Objective objective, int epochs) {
    UnlearnerBuilder builder =
        Unlearner.builder()
            .objective(objective)
            .optimizer(new PlainDescent())
            .stopWhen(
                StoppingCriteria.below(MemorizationAccuracy.of(), -1)
                    .or(StoppingCriteria.maxEpochs(epochs)));
    return objective.needs().stream().anyMatch(need -> need.name().startsWith("RETAIN"))
        ? builder.retain(Corpus.of(TinyModel.random(9, 2, 8)))
        : builder;
  }

  @Test
  void forget_originalWeightsComeBack() {
    try (TrainableCausalLm other = onOther()) {
      String original = WeightsDigest.of(other);
      ForgetReport report =
          recipe(Objectives.npo(0.5), 1)
              .onGiveUp(GiveUp.RESTORE)
              .build()
              .forget(other, SET, RunOptions.defaults());
      Recipes.assertRestored(report, other, original);
    }
  }

  @Test
  void forget_thenBringBack() {
    byte[] key = new byte[Rollback.KEY_BYTES];
    Path file = folder.resolve("rollback");
    try (TrainableCausalLm other = onOther()) {
      String original = WeightsDigest.of(other);
      ForgetReport report =
          recipe(Objectives.gradientAscent(), 1)
              .onGiveUp(GiveUp.KEEP_LAST)
              .build()
              .forget(
                  other,
                  SET,
                  RunOptions.builder().keepRollback(file, key, Duration.ofDays(1)).build());
      assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
      assertThat(WeightsDigest.of(other)).isNotEqualTo(original);
      Rollback.apply(other, file, key);
      assertThat(WeightsDigest.of(other)).isEqualTo(original);
    }
  }

  @Test
  void forget_resumed() {
    Unlearner unlearner = recipe(Objectives.npo(0.5), 2).onGiveUp(GiveUp.KEEP_LAST).build();
    Path work = folder.resolve("work");
    try (TrainableCausalLm whole = onHost();
        TrainableCausalLm other = onOther()) {
      ForgetReport expected = unlearner.forget(whole, SET);
      AtomicInteger epoch = new AtomicInteger();
      RunOptions cut =
          RunOptions.builder()
              .workDirectory(work)
              .listener(
                  new UnlearningListener() {
                    @Override
                    public void epochEnded(EpochReport report) {
                      epoch.set(report.epoch());
                    }
                  })
              .cancelWhen(() -> epoch.get() == 1)
              .build();
      assertThat(unlearner.forget(other, SET, cut).outcome()).isEqualTo(Outcome.CANCELLED);
      RunOptions resuming = RunOptions.builder().workDirectory(work).build();
      ForgetReport report = unlearner.forget(other, SET, resuming);
      assertThat(report.resumedAfter()).hasValue(1);
      assertClose(report, expected);
    }
  }

  @Test
  void forget_adapterAsOnTheHost() {
    List<ForgetReport> reports = new ArrayList<>();
    List<Double> merged = new ArrayList<>();
    for (boolean there : new boolean[] {false, true}) {
      try (TrainableCausalLm model = there ? onOther() : onHost();
          Adapter adapter = Adapters.lora().rank(2).seed(3).attach(model)) {
        reports.add(forget(Objectives.npo(0.5), model));
        adapter.merge();
        merged.add(model.score(SET.sequences()).get(0).negativeLogLikelihood());
        OtherDevice.assertThatAllIsOnDeviceOf(model.manager());
      }
    }
    assertClose(reports.get(1), reports.get(0));
    assertThat(merged.get(1)).isCloseTo(merged.get(0), within(1e-4));
  }

  private static void assertClose(ForgetReport report, ForgetReport expected) {
    List<ToDoubleFunction<EpochReport>> numbers =
        List.of(
            epoch -> epoch.loss().orElse(0),
            epoch -> epoch.objective().orElse(0),
            epoch -> epoch.gradientNorm().orElse(0));
    assertThat(report.epochs()).hasSameSizeAs(expected.epochs());
    numbers.forEach(number -> assertClose(report.epochs(), expected.epochs(), number));
  }

  /** Sums are added up in another order. */
  private static <T> void assertClose(
      List<T> actual, List<T> expected, ToDoubleFunction<T> number) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      double value = number.applyAsDouble(expected.get(i));
      assertThat(number.applyAsDouble(actual.get(i)))
          .isCloseTo(value, within(1e-4 * Math.max(1, Math.abs(value))));
    }
  }

  /** Gradient descent by operators that every device has. */
  private static final class PlainDescent implements Optimizer {

    @Override
    public OptimizerState start(NDManager manager, List<NDArray> parameters) {
      return new OptimizerState() {
        @Override
        public void update(List<NDArray> gradients) {
          OtherDevice.assertThatAllIsOnDeviceOf(
              model(manager)); // while all that a run makes is there
          for (int i = 0; i < gradients.size(); i++) {
            try (NDArray step = gradients.get(i).mul(1e-2f)) {
              parameters.get(i).subi(step);
            }
          }
          OtherDevice.sync();
        }

        @Override
        public void close() {}
      };
    }

    private static NDManager model(NDManager manager) {
      NDManager parent = manager.getParentManager();
      return parent.getParentManager() == null ? manager : model(parent);
    }

    @Override
    public String description() {
      return "plain descent";
    }
  }
}
