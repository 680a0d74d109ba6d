package dev.gossamer.engine;

/** One f32 scalar in the backend's memory: loss, correct count, learning rate, position in an epoch. */
public interface Cell extends Resource {}
