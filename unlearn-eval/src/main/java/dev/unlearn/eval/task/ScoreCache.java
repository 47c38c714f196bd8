package dev.unlearn.eval.task;

import com.google.common.hash.Hashing;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scores of one task and one model on disk, in one file that is replaced as a whole. A file that
 * cannot be used is ignored.
 */
final class ScoreCache {
  private static final Logger logger = LoggerFactory.getLogger(ScoreCache.class);

  // NaN stands for no F1.
  private static final Gson GSON = new GsonBuilder().serializeSpecialFloatingPointValues().create();

  private final Path file;
  private final String key;

  /**
   * Creates one.
   *
   * @param key all that decides the scores
   */
  ScoreCache(Path folder, String task, String key) {
    this.key = Hashing.sha256().hashString(key, StandardCharsets.UTF_8).toString();
    // A name alone need not tell apart: the whole key is in the file.
    this.file = folder.resolve(safe(task) + "-" + this.key.substring(0, 16) + ".json");
  }

  private static String safe(String name) {
    return name.replaceAll("[^A-Za-z0-9_-]", "_");
  }

  /** What the file holds; any part may be missing. */
  private record Content(@Nullable String key, @Nullable List<@Nullable ItemScores> items) {}

  /** Returns the scores of items that the file has and that fit these. */
  SortedMap<Integer, ItemScores> load(List<? extends TaskItem> items) {
    SortedMap<Integer, ItemScores> scores = new TreeMap<>();
    if (!Files.exists(file)) {
      return scores;
    }
    try {
      Content content = GSON.fromJson(Files.readString(file), Content.class);
      if (content == null || !key.equals(content.key()) || content.items() == null) {
        logger.warn("{} is of something else or broken; it will be replaced", file);
        return scores;
      }
      for (ItemScores item : content.items()) {
        if (item != null && fits(item, items)) {
          scores.put(item.index(), item);
        }
      }
    } catch (IOException | RuntimeException e) {
      logger.warn("{} cannot be read and will be replaced: {}", file, e.getClass().getName());
      scores.clear();
    }
    return scores;
  }

  private static boolean fits(ItemScores scores, List<? extends TaskItem> items) {
    return scores.index() < items.size()
        && (!scores.scored()
            || (scores.logLikelihoods().size() == items.get(scores.index()).answerCount()
                && scores.logLikelihoods().stream().allMatch(Double::isFinite)));
  }

  void store(SortedMap<Integer, ItemScores> scores) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Path beside = Files.createTempFile(file.toAbsolutePath().getParent(), "scores", ".part");
      try {
        Files.writeString(beside, GSON.toJson(new Content(key, List.copyOf(scores.values()))));
        Files.move(
            beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException | JsonParseException e) {
      throw new UnlearningException("cannot write the file " + file, e);
    }
  }
}
