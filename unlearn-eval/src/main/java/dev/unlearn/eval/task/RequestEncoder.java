package dev.unlearn.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.math.IntMath;
import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Turns requests into sequences as lm-evaluation-harness does. As the model does not see the last
 * token of what is scored, one more than the context holds fits in.
 */
final class RequestEncoder {
  private static final int[] NONE = {};

  private final Tokenizer tokenizer;
  private final int contextLength;

  /** The most tokens of a sequence to score. */
  private final int most;

  private final OptionalInt startToken;
  private final boolean startsEveryText;

  /**
   * Creates one.
   *
   * @param startToken what stands before a text that has no context
   * @param startsEveryText whether it stands before every context, too
   */
  RequestEncoder(
      Tokenizer tokenizer, int contextLength, OptionalInt startToken, boolean startsEveryText) {
    this.tokenizer = tokenizer;
    this.contextLength = contextLength;
    this.most = IntMath.saturatedAdd(contextLength, 1);
    this.startToken = startToken;
    this.startsEveryText = startsEveryText;
  }

  /** A sequence, and whether some of it was cut. */
  record Piece(TokenSequence sequence, boolean truncated) {}

  /** Encodes the requests of one item; a context that follows itself is encoded once. */
  List<Piece> encode(List<Request> requests, Variant variant) {
    List<Piece> pieces = new ArrayList<>();
    String lastContext = "";
    int[] lastIds = NONE;
    for (Request request : requests) {
      if (variant == Variant.PAPER) {
        pieces.add(apart(request));
        continue;
      }
      String context = PythonText.stripTrailing(request.context());
      String rest = request.context().substring(context.length()) + request.continuation();
      if (context.isEmpty()) {
        pieces.add(withoutContext(rest));
        continue;
      }
      if (!context.equals(lastContext)) {
        lastContext = context;
        lastIds = ids(context);
      }
      int[] whole = ids(context + rest);
      checkArgument(
          whole.length > lastIds.length,
          "the continuation must add a token to the context's, but adds none");
      int[] added = Arrays.copyOfRange(whole, lastIds.length, whole.length);
      pieces.add(piece(lastIds, added, most, false));
    }
    return pieces;
  }

  private Piece withoutContext(String continuation) {
    int[] ids = tokenizer.encode(continuation).ids();
    boolean startsItself = startToken.isPresent() && ids[0] == startToken.getAsInt();
    int[] context = startsItself ? NONE : start();
    return piece(context, ids, most, false);
  }

  private Piece apart(Request request) {
    int few = Math.min(Variant.PAPER_TOKENS, contextLength);
    int[] context = tokenizer.encode(request.context()).ids();
    int[] continuation = tokenizer.encode(request.continuation()).ids();
    boolean cut = context.length > few || continuation.length > few;
    return piece(head(context, few), head(continuation, few), few, cut);
  }

  /** Puts both together and drops what is too much of the beginning. */
  private static Piece piece(int[] context, int[] continuation, int most, boolean cut) {
    int[] all = Ints.concat(context, continuation);
    int drop = Math.max(0, all.length - most);
    int prompt = context.length - drop;
    checkArgument(
        drop == 0 || prompt >= 1,
        "a continuation must leave room for a token of context in %s, but has %s tokens",
        most,
        continuation.length);
    checkArgument(
        all.length - Math.max(1, prompt) >= 1, "a continuation must have a token to score");
    TokenSequence sequence = TokenSequence.of(Arrays.copyOfRange(all, drop, all.length));
    return new Piece(sequence.withPromptLength(prompt), cut || drop > 0);
  }

  /** Returns what to continue by so many tokens. */
  Piece prompt(String context, int newTokens, Variant variant) {
    int[] all = variant == Variant.PAPER ? tokenizer.encode(context).ids() : ids(context);
    int room = contextLength - newTokens;
    checkArgument(room > 0, "the context length (%s) must be > %s", contextLength, newTokens);
    boolean paper = variant == Variant.PAPER;
    int few = paper ? Math.min(Variant.PAPER_TOKENS, room) : room;
    int[] kept = all;
    if (all.length > few) {
      kept = paper ? head(all, few) : Arrays.copyOfRange(all, all.length - few, all.length);
    }
    return new Piece(TokenSequence.of(kept), kept.length < all.length);
  }

  /** Returns the first tokens of a text as one sequence, all but the first scored. */
  Encoded beginning(String text) {
    int[] all = tokenizer.encode(text).ids();
    int[] kept = head(all, Math.min(Variant.PAPER_TOKENS, contextLength));
    checkArgument(kept.length > 1, "a text must have a token to score");
    return new Encoded(
        List.of(List.of(TokenSequence.of(kept))), kept.length < all.length, Optional.empty());
  }

  /**
   * Returns the windows of a text. Each scores as many new tokens as the context holds; the last
   * one sees what it can of those before it.
   */
  Encoded rolling(String text) {
    int[] tokens = ids(text);
    int[] all = Ints.concat(start(), tokens);
    checkArgument(all.length > 1, "a text must have a token to score");
    List<TokenSequence> windows = new ArrayList<>();
    for (int done = 1; done < all.length; ) {
      int end = done + Math.min(all.length - done, most - 1);
      int from = Math.max(0, end - most);
      windows.add(
          TokenSequence.of(Arrays.copyOfRange(all, from, end)).withPromptLength(done - from));
      done = end;
    }
    return new Encoded(List.of(windows), false, Optional.empty());
  }

  /** Returns the ids up to a start token, which begins another text. */
  int[] untilStart(int[] ids) {
    int at = startToken.isPresent() ? Ints.indexOf(ids, startToken.getAsInt()) : -1;
    return at < 0 ? ids : Arrays.copyOf(ids, at);
  }

  private int[] ids(String text) {
    int[] ids = tokenizer.encode(text).ids();
    return startsEveryText ? Ints.concat(start(), ids) : ids;
  }

  private int[] start() {
    return startToken.isPresent() ? new int[] {startToken.getAsInt()} : NONE;
  }

  private static int[] head(int[] ids, int most) {
    return ids.length > most ? Arrays.copyOf(ids, most) : ids;
  }
}
