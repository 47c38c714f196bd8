package dev.unlearn.host;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.Unlearner;
import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.UnseenText;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.stop.StoppingCriteria;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** How this service forgets: the one place to change it. */
@Component
final class Recipe {
  /** Weight of the texts to keep; see {@code docs/experiments.md}. */
  private static final double RETAIN_WEIGHT = 20;

  private final ExtractionLikelihood likelihood;
  private final Optimizer optimizer;
  private final StoppingCriterion limit;
  private final HealthBound bound;
  private final List<TokenSequence> unseen;
  private final @Nullable Corpus retain;

  /** Reads the texts, and refuses settings that no run would take. */
  Recipe(HostProperties properties, LiveModel live) throws IOException {
    likelihood = ExtractionLikelihood.of(properties.order());
    optimizer = Optimizers.adam(properties.learningRate());
    limit = StoppingCriteria.maxEpochs(properties.maxEpochs());
    bound = new HealthBound(properties.maxLossIncrease(), properties.maxMaDrop());
    unseen = sequences("unlearn.unseen", properties.unseen(), live);
    retain =
        properties.retain() == null
            ? null
            : Corpus.of(sequences("unlearn.retain", properties.retain(), live));
  }

  private static List<TokenSequence> sequences(String name, Path file, LiveModel live)
      throws IOException {
    List<String> texts = Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
    checkArgument(!texts.isEmpty(), "%s must hold at least one text, but holds none", name);
    return live.ask(model -> model.tokenizer().sequences(texts));
  }

  /**
   * Turns texts into what a model is to forget.
   *
   * @throws IllegalArgumentException if a text is too long for the model, too short to be measured,
   *     or cannot be encoded, or unseen text does not suffice for thresholds
   */
  ForgetSet set(CausalLm model, ErasureRequest request) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (TokenSequence sequence : model.tokenizer().sequences(request.texts())) {
      int index = sequences.size();
      checkArgument(
          sequence.length() <= model.contextLength(),
          "text %s has %s tokens; the model's context length allows at most %s",
          index,
          sequence.length(),
          model.contextLength());
      sequences.add(
          request.names() == null ? sequence : sequence.withName(request.names().get(index)));
    }
    likelihood.check(sequences);
    ForgetSet set = ForgetSet.of(sequences);
    List<TokenSequence> unused = UnseenText.cutLike(unseen, set);
    return set;
  }

  /** Measures what metrics of the set must be below: what the model says of unseen text. */
  ForgettingThresholds thresholds(CausalLm model, ForgetSet set) {
    Corpus alike = Corpus.of(UnseenText.cutLike(unseen, set));
    return ForgettingThresholds.measure(model, alike, likelihood.order());
  }

  /** Returns what forgets a set. */
  Unlearner unlearner(ForgettingThresholds thresholds) {
    UnlearnerBuilder builder =
        Unlearner.builder()
            .optimizer(optimizer)
            .stopWhen(StoppingCriteria.forgotten(thresholds).or(limit))
            .unseen(Corpus.of(unseen))
            .healthBound(bound);
    if (retain != null) {
      builder
          .objective(Objectives.ceU().withRetain(RETAIN_WEIGHT, RetainTerms.crossEntropy()))
          .retain(retain);
    }
    return builder.build();
  }
}
