package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;

/**
 * What a client gives back.
 *
 * @param payload what is encoded and sent
 * @param report of the training behind it
 */
public record Reply(ModelState payload, TrainingReport report) {}
