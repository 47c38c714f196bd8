package dev.unlearn.journal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
import java.util.Map;
import java.util.Objects;

/**
 * What a run is of. Only a run that is of the same goes on with a journal.
 *
 * @param settings of the recipe, by name
 * @param versions of the library and what it runs on, by name
 * @param fingerprints of the model and the data, by name, see {@link Fingerprints}
 * @param numbers what the first run found out, such as the size of its batches; those in the
 *     journal hold for every later one
 */
public record JournalHeader(
    Map<String, String> settings,
    Map<String, String> versions,
    Map<String, String> fingerprints,
    Map<String, Long> numbers) {

  /** Copies the maps; their order is kept. */
  public JournalHeader {
    settings = ImmutableMap.copyOf(settings);
    versions = ImmutableMap.copyOf(versions);
    fingerprints = ImmutableMap.copyOf(fingerprints);
    numbers = ImmutableMap.copyOf(numbers);
  }

  /**
   * Checks that another run may go on where this one ended.
   *
   * @throws IllegalArgumentException naming the first thing that differs
   */
  void checkContinuedBy(JournalHeader run, Object where) {
    checkSame("setting", settings, run.settings, where);
    for (String name : Sets.union(fingerprints.keySet(), run.fingerprints.keySet())) {
      checkArgument(
          Objects.equals(fingerprints.get(name), run.fingerprints.get(name)),
          "%s must be of a run with the same %s, but it differs%s",
          where,
          name,
          Refusals.BEGIN_ANEW);
    }
    checkSame("version", versions, run.versions, where);
  }

  private static void checkSame(
      String kind, Map<String, String> ours, Map<String, String> theirs, Object where) {
    for (String name : Sets.union(ours.keySet(), theirs.keySet())) {
      String before = ours.getOrDefault(name, "absent");
      String now = theirs.getOrDefault(name, "absent");
      checkArgument(
          ours.containsKey(name) == theirs.containsKey(name) && before.equals(now),
          "%s must be of a run with the same %s %s, but it was: %s, and is now: %s%s",
          where,
          kind,
          name,
          before,
          now,
          Refusals.BEGIN_ANEW);
    }
  }
}
