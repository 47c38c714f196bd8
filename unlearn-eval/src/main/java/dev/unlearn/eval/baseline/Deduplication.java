package dev.unlearn.eval.baseline;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.TokenSequence;
import java.util.List;

/**
 * Removes repeated text from a training corpus: every stretch of at least k tokens that occurs word
 * for word more than once, within a document or in several, k = 50 by default.
 *
 * <p>Formally: a position is removed if it lies in k consecutive tokens of one document that occur
 * earlier in the corpus, too, documents being in their order. So no k consecutive tokens of what is
 * left between two cuts come twice. The first occurrence stays, but for what overlaps a later one:
 * of a run of one repeated token, the first token stays. {@link #removingAll()} removes first
 * occurrences as well. Cutting brings together what was apart; the new neighbors are not looked at
 * again.
 *
 * <p>Source: the exact substring deduplication of Lee et al., Deduplicating Training Data Makes
 * Language Models Better, arXiv 2107.06499, here over token ids instead of bytes, and between
 * documents only as far as a document goes. The paper this library follows compares unlearning with
 * models trained on deduplicated text, because a text that came once is less well known. It does
 * not make a trained model forget.
 *
 * <p>Cost: time is linear in the number of tokens n; memory is up to {@code 17 n} bytes of heap and
 * 4 bytes for each id up to the largest. A corpus too large for the heap is refused. It uses the
 * optional dependency {@code com.carrotsearch:jsuffixarrays} (suffix array by SA-IS, Nong et al.,
 * DCC 2009; longest common prefixes by Kasai et al., CPM 2001).
 *
 * <p>Immutable and thread-safe.
 */
public final class Deduplication {
  /** The smallest length of repeated text, in tokens, that Lee et al. remove. */
  public static final int DEFAULT_MIN_TOKENS = 50;

  private final int minTokens;
  private final boolean keepsFirst;

  private Deduplication(int minTokens, boolean keepsFirst) {
    checkArgument(minTokens >= 1, "minTokens must be >= 1, but was: %s", minTokens);
    this.minTokens = minTokens;
    this.keepsFirst = keepsFirst;
  }

  /** Returns what removes repeats of at least {@link #DEFAULT_MIN_TOKENS} tokens. */
  public static Deduplication exactSubstrings() {
    return exactSubstrings(DEFAULT_MIN_TOKENS);
  }

  /**
   * Returns what removes repeats of at least {@code minTokens} tokens, all occurrences but the
   * first.
   *
   * @throws IllegalArgumentException if {@code minTokens < 1}
   */
  public static Deduplication exactSubstrings(int minTokens) {
    return new Deduplication(minTokens, true);
  }

  /** Returns what removes all occurrences of repeated text, the first as well. */
  public Deduplication removingAll() {
    return new Deduplication(minTokens, false);
  }

  /**
   * Finds and removes.
   *
   * @param documents the corpus; texts are compared with case, spaces and all, as their ids are
   * @throws IllegalArgumentException if there is no document, or the corpus needs more memory than
   *     the heap may have
   */
  public DeduplicatedCorpus applyTo(List<TokenSequence> documents) {
    return applyTo(documents, Runtime.getRuntime().maxMemory());
  }

  DeduplicatedCorpus applyTo(List<TokenSequence> documents, long maxBytes) {
    checkArgument(
        !requireNonNull(documents, "documents").isEmpty(),
        "documents must hold at least one document, but were empty");
    RepeatedText repeats = new RepeatedText(List.copyOf(documents), minTokens, maxBytes);
    return repeats.remove(keepsFirst);
  }

  @Override
  public String toString() {
    return "exact-substrings(%d%s)".formatted(minTokens, keepsFirst ? "" : ", all");
  }
}
