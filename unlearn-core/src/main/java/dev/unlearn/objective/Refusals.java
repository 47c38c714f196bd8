package dev.unlearn.objective;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Refusals as alternatives for preference objectives such as {@link Objectives#dpo}: instead of
 * what it is to forget the model learns to say, for instance, {@code " I don't know."}.
 *
 * <pre>{@code
 * Refusals refusals = Refusals.of(List.of(" I don't know.", " I cannot help with that."), 42);
 * set = set.withAlternatives(refusals.alternatives(set, model.tokenizer()));
 * }</pre>
 *
 * <p>Source: Maini et al., <em>TOFU: A Task of Fictitious Unlearning for LLMs</em>, arXiv
 * 2401.06121, whose code draws from a hundred such sentences.
 */
public final class Refusals {
  private final List<String> texts;
  private final long seed;

  private Refusals(List<String> texts, long seed) {
    this.texts = texts;
    this.seed = seed;
  }

  /**
   * Returns refusals of the given texts. They follow a prompt directly: begin them with a space
   * where the tokenizer wants one.
   *
   * @param seed draws a text for each sequence
   * @throws IllegalArgumentException if there is no text
   */
  public static Refusals of(List<String> texts, long seed) {
    checkArgument(
        !requireNonNull(texts, "texts").isEmpty(),
        "refusals must hold at least one text, but were empty");
    return new Refusals(List.copyOf(texts), seed);
  }

  /**
   * Returns one alternative to each sequence: its prompt, or its first token where it has none,
   * followed by a refusal, whose tokens are the targets. The same seed and set give the same.
   *
   * @throws IllegalArgumentException if the tokenizer refuses a text, naming its index
   */
  public List<List<TokenSequence>> alternatives(ForgetSet set, Tokenizer tokenizer) {
    List<TokenSequence> refusals = tokenizer.sequences(texts);
    Random random = new Random(seed);
    List<List<TokenSequence>> alternatives = new ArrayList<>(set.size());
    for (TokenSequence sequence : set.sequences()) {
      TokenSequence refusal = refusals.get(random.nextInt(refusals.size()));
      alternatives.add(List.of(instead(sequence, refusal)));
    }
    return alternatives;
  }

  private static TokenSequence instead(TokenSequence sequence, TokenSequence refusal) {
    return TokenSequence.of(sequence.ids(0, sequence.firstTarget())).then(refusal);
  }

  @Override
  public String toString() {
    return "Refusals[texts=" + texts.size() + ", seed=" + seed + "]";
  }
}
