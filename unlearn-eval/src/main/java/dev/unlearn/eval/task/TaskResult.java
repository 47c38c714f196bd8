package dev.unlearn.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Side;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a model reached at a task. Numbers and indices only.
 *
 * @param task the task's key
 * @param title its name for readers
 * @param variant by whose rules it was scored
 * @param values the metrics; none if no item could be scored
 * @param items what the model gave for each item, in order
 * @param gold the index of the true answer of each item; empty if there are no choices
 * @param units which unit each item is of
 * @param digest SHA-256 over all items of the task, in hexadecimal
 * @param notes how text was read, in whole sentences
 */
public record TaskResult(
    String task,
    String title,
    String variant,
    List<TaskValue> values,
    List<ItemScores> items,
    List<Integer> gold,
    List<String> units,
    String digest,
    List<String> notes) {
  private static final Gson GSON =
      new GsonBuilder().disableHtmlEscaping().serializeSpecialFloatingPointValues().create();

  /** Copies. */
  public TaskResult {
    values = List.copyOf(values);
    items = List.copyOf(items);
    gold = List.copyOf(gold);
    units = List.copyOf(units);
    notes = List.copyOf(notes);
  }

  /** Returns how many items were taken from the task. */
  public int itemCount() {
    return items.size();
  }

  /** Returns how many were scored; the others are in {@link #inexpressibleCount()}. */
  public int scoredCount() {
    return (int) items.stream().filter(ItemScores::scored).count();
  }

  /** Returns how many were scored, but only after they had been cut. */
  public int truncatedCount() {
    return (int) items.stream().filter(ItemScores::truncated).count();
  }

  /** Returns how many the tokenizer cannot express, or whose answer does not fit the context. */
  public int inexpressibleCount() {
    return itemCount() - scoredCount();
  }

  /** Returns the value of a metric, if the task has it. */
  public Optional<TaskValue> value(TaskMetric metric) {
    return values.stream().filter(value -> value.metric() == metric).findFirst();
  }

  /** Returns the metrics as rows of an audit, of one model. */
  public List<Measurement> measurements() {
    return values.stream()
        .map(value -> row(value).addAllNotes(allNotes(value, this)).build())
        .toList();
  }

  /**
   * Returns the metrics as rows of an audit, before and after, with the mean change over the items
   * that were scored both times. Of an exponential metric the interval of the change is that of its
   * linear part.
   *
   * @throws IllegalArgumentException if the results are not of the same items
   */
  public static List<Measurement> compare(TaskResult before, TaskResult after, double confidence) {
    checkArgument(
        before.digest.equals(after.digest) && before.itemCount() == after.itemCount(),
        "results must be of the same items, but are of %s of %s, and %s of %s",
        before.itemCount(),
        before.task,
        after.itemCount(),
        after.task);
    List<Measurement> rows = new ArrayList<>();
    for (TaskValue value : after.values) {
      Optional<TaskValue> first = before.value(value.metric());
      rows.add(
          after
              .row(value)
              .before(first.map(TaskValue::estimate))
              .change(
                  first.flatMap(one -> WeightedMean.change(one, value, after.units, confidence)))
              .addAllItemsBefore(first.map(TaskValue::items).orElse(List.of()))
              .addAllNotes(allNotes(value, before, after))
              .build());
    }
    return rows;
  }

  private Measurement.Builder row(TaskValue value) {
    Measurement.Builder row =
        Measurement.builder()
            .side(Side.UTILITY)
            .key(value.metric().key())
            .title(value.metric().title())
            .data(title)
            .domain(Optional.empty())
            .better(value.metric().better())
            .after(value.estimate())
            .addAllItemsAfter(value.items());
    if (value.chance().isPresent()) {
      row = row.reference(value.chance().getAsDouble()).referenceName("chance");
    }
    return row;
  }

  private static List<String> allNotes(TaskValue value, TaskResult... results) {
    TaskResult last = results[results.length - 1];
    List<String> notes = new ArrayList<>();
    if (!last.variant.equals(Variant.HARNESS.key())) {
      notes.add("Scored in the variant '" + last.variant + "'.");
    }
    notes.addAll(last.notes);
    if (last.truncatedCount() > 0) {
      notes.add(last.truncatedCount() + " items were cut to fit.");
    }
    if (last.inexpressibleCount() > 0) {
      notes.add(last.inexpressibleCount() + " items could not be expressed and are left out.");
    }
    if (List.of(results).stream()
        .flatMap(result -> result.value(value.metric()).stream())
        .noneMatch(TaskValue::aboveChance)) {
      notes.add("The interval does not exclude chance.");
    }
    return notes;
  }

  /**
   * Writes one JSON object per item: index, log-likelihoods, whether greedy, token counts, the
   * model's choice and the true one, whether cut, and F1 if there is one. No text.
   *
   * @throws UnlearningException if it cannot be written
   */
  public void exportItems(Path file) {
    try (BufferedWriter writer = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
      for (ItemScores scores : items) {
        writer.write(GSON.toJson(line(scores)));
        writer.write('\n');
      }
    } catch (IOException e) {
      throw new UnlearningException("cannot write the file " + file, e);
    }
  }

  private JsonObject line(ItemScores scores) {
    JsonObject line = new JsonObject();
    line.addProperty("index", scores.index());
    line.add("log_likelihoods", GSON.toJsonTree(scores.logLikelihoods()));
    line.add("greedy", GSON.toJsonTree(scores.greedy()));
    line.add("tokens", GSON.toJsonTree(scores.tokenCounts()));
    line.addProperty("choice", scores.choice());
    if (!gold.isEmpty()) {
      line.addProperty("gold", gold.get(scores.index()));
    }
    line.addProperty("truncated", scores.truncated());
    if (!Double.isNaN(scores.f1())) {
      line.addProperty("f1", scores.f1());
    }
    return line;
  }

  /** Shows the task, the values and counts. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("TaskResult[").append(task).append(", ").append(variant);
    for (TaskValue value : values) {
      text.append(", ").append(value.metric().key()).append('=').append(value.estimate().value());
    }
    return text.append(", items=")
        .append(itemCount())
        .append(", truncated=")
        .append(truncatedCount())
        .append(", inexpressible=")
        .append(inexpressibleCount())
        .append(']')
        .toString();
  }
}
