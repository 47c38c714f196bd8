package dev.unlearn;

import static java.util.Objects.requireNonNull;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetFailedException;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.Reservation;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.ForgetRun;
import dev.unlearn.training.Recipe;
import dev.unlearn.training.Versions;
import java.util.Map;

/**
 * Makes a causal language model forget token sequences.
 *
 * <pre>{@code
 * try (TrainableCausalLm model = CausalLms.load(Path.of("gpt-neo-125m"))) {
 *   ForgetSet set = ForgetSet.of(model.tokenizer().sequences(texts));
 *   ForgetReport report = Unlearner.untilLike(Corpus.ofTexts(unseenTexts)).forget(model, set);
 *   if (report.succeeded()) {
 *     CausalLms.save(model, Path.of("gpt-neo-125m-forgotten"));
 *   }
 * }
 * }</pre>
 *
 * <p>An unlearner is a recipe: immutable, reusable and thread-safe. It is made by {@link
 * #untilLike} or {@link #builder}; {@link UnlearnerBuilder} lists everything that can be set.
 */
public final class Unlearner {
  private final Recipe recipe;
  private final UnlearnerBuilder settings;

  /** Creates one; the settings, which made the recipe, must not be changed any more. */
  Unlearner(Recipe recipe, UnlearnerBuilder settings) {
    this.recipe = recipe;
    this.settings = settings;
  }

  /**
   * Returns an unlearner with all defaults that forgets until the sequences are no more extractable
   * than the given text, which the model must never have seen: thresholds are measured on it before
   * the first update, and the model's health after the last.
   */
  public static Unlearner untilLike(Corpus unseen) {
    return builder().unseen(unseen).build();
  }

  /** Returns a builder with all defaults. */
  public static UnlearnerBuilder builder() {
    return new UnlearnerBuilder();
  }

  /**
   * Returns a builder that begins with these settings, each of which can be set once again: for a
   * sweep over one of them.
   */
  public UnlearnerBuilder toBuilder() {
    return settings.copy();
  }

  /**
   * Returns the versions of the library, DJL, PyTorch and Java, by name, as a report of a run has
   * them: for a report of one's own.
   */
  public static Map<String, String> versions() {
    return Versions.all();
  }

  /** Forgets without listeners; see {@link #forget(TrainableCausalLm, ForgetSet, RunOptions)}. */
  public ForgetReport forget(TrainableCausalLm model, ForgetSet set) {
    return forget(model, set, RunOptions.defaults());
  }

  /**
   * Makes a model forget a set. The weights change in place; only when the report says {@link
   * dev.unlearn.api.Outcome#FORGOTTEN} are they new, in every other case the original ones are back
   * unless the recipe keeps the best or the last ones.
   *
   * <p>Until the run ends the model is its own: metrics, criteria and listeners, which it calls on
   * this thread, can use it, other threads are refused, and nobody can close it.
   *
   * @throws IllegalArgumentException if a sequence holds an id outside the vocabulary, is longer
   *     than the context or too short for a metric, if unseen text does not fit, the weights are
   *     not finite, there is too little memory, or the work directory is of another run; nothing
   *     was touched
   * @throws IllegalStateException if the model, or another over the same weights, is being
   *     unlearned already, or is closed, or another run has the work directory; nothing was touched
   * @throws ForgetFailedException if the run failed; the original weights are back, unless its
   *     report says otherwise
   * @throws UnlearningException if the work directory cannot be used or verified; nothing was
   *     touched
   */
  public ForgetReport forget(TrainableCausalLm model, ForgetSet set, RunOptions options) {
    requireNonNull(model, "model");
    requireNonNull(set, "set");
    requireNonNull(options, "options");
    try (Reservation mine = Reservation.of(model)) {
      return new ForgetRun(recipe, model, set, options.setup()).execute();
    }
  }

  @Override
  public String toString() {
    StoppingCriterion stopWhen = recipe.stopWhen();
    return "Unlearner[objective=%s, strategy=%s, optimizer=%s, stopWhen=%s]"
        .formatted(
            recipe.objective().description(),
            recipe.strategy().description(),
            recipe.optimizer().description(),
            stopWhen == null ? "like unseen text" : stopWhen.description());
  }
}
