package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.RetainTerm;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.spi.train.UpdateContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Text to keep, alternatives, the original model and memory, in whole runs. */
@Tag("engine")
final class UnlearnerRetainTest {
  private static final List<TokenSequence> RETAIN =
      List.of(
          TokenSequence.of(1, 2, 3, 4, 5),
          TokenSequence.of(2, 4, 6),
          TokenSequence.of(9, 8, 7, 6),
          TokenSequence.of(3, 3));

  private static final RetainTerm LIKELY = retain -> descent(retain);

  private TrainableCausalLm model;

  @BeforeEach
  void openModel() {
    model = TinyModel.gpt2(1);
  }

  @AfterEach
  void closeModel() {
    model.close();
  }

  private static NDArray descent(Share share) {
    return share.tokenMean(share.pass().logProbabilities()).neg();
  }

  /** Nothing but the retain part: the same as teaching those sequences. */
  @Test
  void retain_trainedOn() {
    double taught;
    try (TrainableCausalLm other = TinyModel.gpt2(1)) {
      var unused =
          steps(3)
              .objective(Objectives.gradientDescent())
              .build()
              .forget(other, ForgetSet.of(RETAIN));
      taught = loss(other);
    }
    double untaught = loss(model);
    Objective nothing = context -> context.forget().tokenMean(zero(context.forget()));
    ForgetReport report =
        steps(3)
            .objective(nothing.withRetain(1, LIKELY))
            .retain(Corpus.of(RETAIN))
            .retainPerUpdate(4)
            .build()
            .forget(model, Recipes.SET);
    assertThat(report.epochCount()).isEqualTo(3);
    assertThat(taught).isLessThan(untaught - 0.1);
    assertThat(loss(model)).isCloseTo(taught, within(1e-3));
  }

  private static NDArray zero(Share share) {
    NDArray all = share.pass().logProbabilities();
    return all.sub(all);
  }

  private static double loss(TrainableCausalLm of) {
    return of.score(RETAIN).stream().mapToDouble(s -> s.negativeLogLikelihood()).sum();
  }

  @Test
  void reference_originalInEveryUpdate() {
    Watching watching = new Watching();
    var unused =
        steps(3)
            .objective(watching)
            .retain(Corpus.of(RETAIN))
            .build()
            .forget(model, Recipes.SET.withAlternatives(alternatives()));
    assertThat(watching.references).hasSize(3);
    assertThat(watching.references.get(1)).isEqualTo(watching.references.get(0));
    assertThat(watching.references.get(2)).isEqualTo(watching.references.get(0));
    assertThat(watching.now.get(0)).isEqualTo(watching.references.get(0));
    assertThat(watching.now.get(1)).isNotEqualTo(watching.references.get(0));
    assertThat(watching.remembered).containsExactly(0.0, 1.0, 2.0);
  }

  private static List<List<TokenSequence>> alternatives() {
    return Recipes.SET.sequences().stream().map(s -> List.of(TokenSequence.of(7, 7, 7))).toList();
  }

  @Test
  void randomContext_differentWeights() {
    String plain = digestAfter(0);
    assertThat(digestAfter(4)).isNotEqualTo(plain).isEqualTo(digestAfter(4));
  }

  private static String digestAfter(int maxContext) {
    try (TrainableCausalLm fresh = TinyModel.gpt2(1)) {
      var unused =
          steps(2)
              .objective(Objectives.gradientAscent().withRetain(1, LIKELY))
              .retain(Corpus.of(RETAIN))
              .randomContext(maxContext, 0)
              .build()
              .forget(fresh, Recipes.SET);
      return WeightsDigest.of(fresh);
    }
  }

  @Test
  void build_retainMissing() {
    assertThatThrownBy(() -> steps(1).objective(new Watching()).build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("objective watching needs text to keep; call retain(Corpus)");
  }

  @Test
  void build_retainUseless() {
    assertThatThrownBy(() -> steps(1).retain(Corpus.of(RETAIN)).build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("retain is for objectives with a part on it, but the objective is");
    assertThatThrownBy(() -> steps(1).retainPerUpdate(2).build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("retainPerUpdate needs text to keep; call retain(Corpus) or drop it");
    assertThatThrownBy(() -> steps(1).randomContext(2, 2).build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("randomContext takes its context from text to keep");
  }

  @Test
  void forget_alternativesMissing() {
    Unlearner unlearner = steps(1).objective(new Watching()).retain(Corpus.of(RETAIN)).build();
    assertRefused(
        unlearner,
        Recipes.SET,
        "objective watching needs alternatives; give the forget set some by withAlternatives");
  }

  @Test
  void forget_retainThatDoesNotFit() {
    assertRefused(
        retaining(TokenSequence.of(1)),
        Recipes.SET,
        "text to retain 0 has no target: its length (1) must be > 1");
    assertRefused(
        retaining(TokenSequence.of(new int[TinyModel.CONTEXT + 1])),
        Recipes.SET,
        "text to retain 0 has 33 tokens; the model's context length allows at most 32");
    assertRefused(
        retaining(TokenSequence.of(1, TinyModel.VOCABULARY)),
        Recipes.SET,
        "text to retain 0 must hold ids of the vocabulary, [0, 20), but holds another at position"
            + " 1");
  }

  private static Unlearner retaining(TokenSequence sequence) {
    return steps(1)
        .objective(Objectives.gradientAscent().withRetain(1, LIKELY))
        .retain(Corpus.of(List.of(sequence)))
        .build();
  }

  private void assertRefused(Unlearner unlearner, ForgetSet set, String message) {
    String before = WeightsDigest.of(model);
    assertThatThrownBy(() -> unlearner.forget(model, set))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
  }

  private static UnlearnerBuilder steps(int epochs) {
    return Unlearner.builder()
        .optimizer(Optimizers.adam(1e-2))
        .stopWhen(
            progress ->
                progress.epoch() < epochs ? Decision.proceed() : Decision.forgotten("enough"));
  }

  /** Notes what it is given. */
  private static final class Watching implements Objective {
    private final List<List<Float>> references = new ArrayList<>();
    private final List<List<Float>> now = new ArrayList<>();
    private final List<Double> remembered = new ArrayList<>();

    @Override
    public void prepare(UpdateContext update) {
      remembered.add(update.memory().get("watching.updates", 0));
      update.memory().add("watching.updates", 1);
      double[] likelihoods = update.referenceLogLikelihoods(update.forget());
      assertThat(likelihoods).hasSize(Recipes.SET.size());
      assertThat(update.alternatives()).hasSize(Recipes.SET.size());
      assertThat(update.retain()).hasSize(Math.min(RETAIN.size(), Recipes.SET.size()));
    }

    @Override
    public NDArray loss(ObjectiveContext context) {
      references.add(floats(context.forget().reference().logLikelihoods()));
      now.add(floats(context.forget().logLikelihoods()));
      assertThat(context.alternatives().reference().logLikelihoods().size())
          .isEqualTo(Recipes.SET.size());
      assertThat(context.forget().reference().logits().getShape().dimension()).isEqualTo(3);
      assertThatThrownBy(context::retain).isInstanceOf(IllegalStateException.class);
      return context
          .forget()
          .tokenMean(context.forget().pass().logProbabilities())
          .sub(context.alternatives().tokenMean(context.alternatives().pass().logProbabilities()));
    }

    private static List<Float> floats(NDArray array) {
      List<Float> values = new ArrayList<>();
      for (float value : array.toFloatArray()) {
        values.add(Math.round(value * 1e3f) / 1e3f);
      }
      return values;
    }

    @Override
    public NDArray retainLoss(ObjectiveContext context) {
      assertThatThrownBy(context::forget).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(context::alternatives).isInstanceOf(IllegalStateException.class);
      assertThat(context.retain().reference().hiddenStates(1).getShape().dimension()).isEqualTo(3);
      return descent(context.retain());
    }

    @Override
    public Set<Need> needs() {
      return Set.of(
          Need.RETAIN,
          Need.ALTERNATIVES,
          Need.REFERENCE_LIKELIHOODS,
          Need.REFERENCE_LOGITS,
          Need.RETAIN_REFERENCE_STATES);
    }

    @Override
    public String description() {
      return "watching";
    }
  }
}
