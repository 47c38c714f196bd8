package dev.unlearn.eval.task;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toMap;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Scores encoded items, group by group. */
final class ItemScorer {
  /** How many tokens a group has: enough for full passes, few enough to hear of progress. */
  private static final long GROUP_TOKENS = 16_384;

  private final CausalLm model;
  private final RequestEncoder encoder;
  private final String task;

  ItemScorer(CausalLm model, RequestEncoder encoder, String task) {
    this.model = model;
    this.encoder = encoder;
    this.task = task;
  }

  /** An item to be scored. */
  record Pending(int index, TaskItem item, Encoded encoded) {}

  /** Returns groups of items of about the same length, longest first, with bounded tokens. */
  static List<List<Pending>> groups(List<Pending> items) {
    List<Pending> order =
        items.stream()
            .sorted(Comparator.comparingInt((Pending item) -> -item.encoded().longest()))
            .toList();
    List<List<Pending>> groups = new ArrayList<>();
    List<Pending> group = new ArrayList<>();
    long tokens = 0;
    for (Pending item : order) {
      long cost = item.encoded().cost();
      if (!group.isEmpty() && tokens + cost > GROUP_TOKENS) {
        groups.add(group);
        group = new ArrayList<>();
        tokens = 0;
      }
      group.add(item);
      tokens += cost;
    }
    if (!group.isEmpty()) {
      groups.add(group);
    }
    return groups;
  }

  /**
   * Scores all items of a group in one call, those of an item one after the other. Equal answers
   * are scored once: read side by side they may be rounded apart, and the first is to win a tie.
   */
  List<ItemScores> score(List<Pending> group) {
    List<TokenSequence> sequences =
        group.stream().flatMap(item -> item.encoded().sequences().stream()).distinct().toList();
    Map<TokenSequence, TokenScores> scores =
        model.score(sequences, ScoreDetail.TARGETS).stream()
            .collect(toMap(TokenScores::sequence, one -> one));
    Iterator<int[]> replies = replies(group).iterator();
    List<ItemScores> result = new ArrayList<>();
    for (Pending item : group) {
      result.add(score(item, scores, replies));
    }
    return result;
  }

  private ItemScores score(
      Pending item, Map<TokenSequence, TokenScores> scores, Iterator<int[]> replies) {
    List<Double> logLikelihoods = new ArrayList<>();
    List<Boolean> greedy = new ArrayList<>();
    List<Integer> counts = new ArrayList<>();
    for (List<TokenSequence> answer : item.encoded().answers()) {
      double sum = 0;
      boolean all = true;
      int count = 0;
      for (TokenSequence sequence : answer) {
        TokenScores one = requireNonNull(scores.get(sequence));
        sum -= one.negativeLogLikelihood();
        all &= item.item().greedy(one, model.tokenizer());
        count += sequence.targetCount();
      }
      checkFinite(sum, item.index());
      logLikelihoods.add(sum);
      greedy.add(all);
      counts.add(count);
    }
    double f1 = Double.NaN;
    if (item.item() instanceof ReplyItem reply) {
      f1 = reply.f1(model.tokenizer().decode(encoder.untilStart(replies.next())));
    }
    return new ItemScores(
        item.index(), logLikelihoods, greedy, counts, item.encoded().truncated(), f1);
  }

  private List<int[]> replies(List<Pending> group) {
    List<TokenSequence> prompts =
        group.stream().flatMap(item -> item.encoded().prompt().stream()).toList();
    return prompts.isEmpty()
        ? List.of()
        : model.generate(prompts, Decoding.greedy(ReplyItem.NEW_TOKENS));
  }

  private void checkFinite(double logLikelihood, int index) {
    if (!Double.isFinite(logLikelihood)) {
      throw new UnlearningException(
          String.format(
              "the log-likelihood of item %d of task %s must be finite, but was: %s",
              index, task, logLikelihood));
    }
  }
}
