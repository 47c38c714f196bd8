package dev.unlearn.eval.baseline;

import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What {@link Deduplication} left of a corpus, and what it removed. {@code toString} shows sizes.
 */
public final class DeduplicatedCorpus {
  private final List<List<TokenRange>> removed;
  private final List<TokenSequence> remaining = new ArrayList<>();
  private final List<Integer> indices = new ArrayList<>();
  private final int longestRepeat;
  private long tokenCount;
  private long remainingTokenCount;

  DeduplicatedCorpus(
      List<TokenSequence> documents, List<List<TokenRange>> removed, int longestRepeat) {
    this.removed = removed;
    this.longestRepeat = longestRepeat;
    for (int index = 0; index < documents.size(); index++) {
      TokenSequence document = documents.get(index);
      tokenCount += document.length();
      Optional<TokenSequence> rest = without(document, removed.get(index));
      if (rest.isPresent()) {
        remaining.add(rest.get());
        indices.add(index);
        remainingTokenCount += rest.get().length();
      }
    }
  }

  private static Optional<TokenSequence> without(TokenSequence document, List<TokenRange> ranges) {
    if (ranges.isEmpty()) {
      return Optional.of(document);
    }
    int[] kept = new int[document.length()];
    int count = 0;
    int promptLength = 0;
    int from = 0;
    for (int next = 0; next <= ranges.size(); next++) {
      int to = next < ranges.size() ? ranges.get(next).from() : document.length();
      for (int position = from; position < to; position++) {
        kept[count++] = document.id(position);
        promptLength += position < document.promptLength() ? 1 : 0;
      }
      from = next < ranges.size() ? ranges.get(next).to() : to;
    }
    if (count == promptLength) {
      return Optional.empty();
    }
    TokenSequence rest =
        TokenSequence.of(Arrays.copyOf(kept, count)).withPromptLength(promptLength);
    rest = document.name().isPresent() ? rest.withName(document.name().get()) : rest;
    return Optional.of(
        document.domain().isPresent() ? rest.withDomain(document.domain().get()) : rest);
  }

  /**
   * Returns what is left, document by document, cut pieces joined. A document of which nothing but
   * its prompt is left is left out.
   */
  public List<TokenSequence> documents() {
    return List.copyOf(remaining);
  }

  /** Returns the index in the corpus of each of {@link #documents()}. */
  public List<Integer> indices() {
    return List.copyOf(indices);
  }

  /** Returns the ranges removed from each document of the corpus, apart and in order. */
  public List<List<TokenRange>> removed() {
    return removed;
  }

  /** Returns the number of tokens of the corpus. */
  public long tokenCount() {
    return tokenCount;
  }

  /** Returns the number of tokens of {@link #documents()}. */
  public long remainingTokenCount() {
    return remainingTokenCount;
  }

  /**
   * Returns the length of the longest stretch that occurs twice, in tokens; 0 if none is long
   * enough to be removed.
   */
  public int longestRepeat() {
    return longestRepeat;
  }

  @Override
  public String toString() {
    return "DeduplicatedCorpus[documents=%d of %d, tokens=%d of %d, longestRepeat=%d]"
        .formatted(
            remaining.size(), removed.size(), remainingTokenCount, tokenCount, longestRepeat);
  }
}
