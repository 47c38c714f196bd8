package dev.unlearn.api;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkPositionIndexes;
import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An immutable sequence of token ids, with an optional name and domain tag for reports.
 *
 * <p>The first {@link #promptLength()} tokens are context only: they are given to the model and
 * never scored. The first token of a sequence is never scored either, because nothing predicts it,
 * so the scored positions, called <em>targets</em>, are {@code firstTarget() .. length() - 1}.
 *
 * <p>{@code toString} shows sizes only: a sequence may hold what somebody asked to be forgotten.
 */
public final class TokenSequence {
  private final int[] ids;
  private final int promptLength;
  private final @Nullable String name;
  private final @Nullable String domain;

  private TokenSequence(
      int[] ids, int promptLength, @Nullable String name, @Nullable String domain) {
    this.ids = ids;
    this.promptLength = promptLength;
    this.name = name;
    this.domain = domain;
  }

  /**
   * Returns a sequence of the given ids, without name, domain or prompt.
   *
   * @throws IllegalArgumentException if there is no id, or one is negative
   */
  public static TokenSequence of(int... ids) {
    checkArgument(
        requireNonNull(ids, "ids").length > 0,
        "a token sequence must hold at least one id, but was empty");
    int[] copy = ids.clone();
    for (int position = 0; position < copy.length; position++) {
      checkArgument(
          copy[position] >= 0,
          "token ids must be >= 0, but was: %s at position %s",
          copy[position],
          position);
    }
    return new TokenSequence(copy, 0, null, null);
  }

  /** Returns this sequence under a name that reports may show; never put personal data there. */
  public TokenSequence withName(String newName) {
    return new TokenSequence(ids, promptLength, requireNonNull(newName, "newName"), domain);
  }

  /** Returns this sequence with a domain tag (for instance {@code "mail"}) to group results by. */
  public TokenSequence withDomain(String newDomain) {
    return new TokenSequence(ids, promptLength, name, requireNonNull(newDomain, "newDomain"));
  }

  /**
   * Returns this sequence with its first {@code newPromptLength} tokens as context only.
   *
   * @throws IllegalArgumentException if not in [0, length)
   */
  public TokenSequence withPromptLength(int newPromptLength) {
    checkArgument(
        newPromptLength >= 0 && newPromptLength < ids.length,
        "promptLength must be in [0, %s), but was: %s",
        ids.length,
        newPromptLength);
    return new TokenSequence(ids, newPromptLength, name, domain);
  }

  /**
   * Returns the first {@code newLength} tokens, with the same name, domain and prompt.
   *
   * @throws IllegalArgumentException if {@code newLength} is not in (promptLength, length]
   */
  public TokenSequence head(int newLength) {
    checkArgument(
        newLength > promptLength && newLength <= ids.length,
        "head must keep (%s, %s] tokens, but was: %s",
        promptLength,
        ids.length,
        newLength);
    return new TokenSequence(Arrays.copyOf(ids, newLength), promptLength, name, domain);
  }

  /**
   * Returns the prompt, the first {@link #promptLength()} tokens, as a sequence of its own with the
   * same name and domain: what a model is given to go on from.
   *
   * @throws IllegalStateException if this sequence has no prompt
   */
  public TokenSequence prompt() {
    checkState(promptLength > 0, "a sequence must have a prompt to give it, but has none");
    return new TokenSequence(Arrays.copyOf(ids, promptLength), 0, name, domain);
  }

  /**
   * Returns this sequence as the prompt of another one: an answer after its question, for instance.
   * Name and domain are those of this sequence; if the other one has a prompt, it joins this.
   */
  public TokenSequence then(TokenSequence continuation) {
    int[] more = requireNonNull(continuation, "continuation").ids;
    int[] both = Arrays.copyOf(ids, ids.length + more.length);
    System.arraycopy(more, 0, both, ids.length, more.length);
    return new TokenSequence(both, ids.length + continuation.promptLength, name, domain);
  }

  /** Returns the number of tokens, prompt included. */
  public int length() {
    return ids.length;
  }

  /** Returns the id at a position in [0, length). */
  public int id(int position) {
    return ids[position];
  }

  /** Returns a copy of the ids. */
  public int[] ids() {
    return ids.clone();
  }

  /** Returns a copy of the ids at positions [{@code from}, {@code to}). */
  public int[] ids(int from, int to) {
    checkPositionIndexes(from, to, ids.length);
    return Arrays.copyOfRange(ids, from, to);
  }

  /** Returns how many leading tokens are context only. */
  public int promptLength() {
    return promptLength;
  }

  /** Returns the first scored position: {@code max(1, promptLength)}. */
  public int firstTarget() {
    return Math.max(1, promptLength);
  }

  /** Returns the number of scored positions; 0 for a sequence of one token. */
  public int targetCount() {
    return ids.length - firstTarget();
  }

  /** Returns the caller's name for this sequence. */
  public Optional<String> name() {
    return Optional.ofNullable(name);
  }

  /** Returns the domain tag. */
  public Optional<String> domain() {
    return Optional.ofNullable(domain);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TokenSequence that
        && Arrays.equals(ids, that.ids)
        && promptLength == that.promptLength
        && name().equals(that.name())
        && domain().equals(that.domain());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids) * 31 + promptLength;
  }

  @Override
  public String toString() {
    return "TokenSequence[length=" + ids.length + ", promptLength=" + promptLength + "]";
  }
}
