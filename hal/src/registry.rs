//! Discovery of devices, and selection by name.

use std::sync::Arc;

use crate::pool::shared_kind;
use crate::{Device, DeviceError, DeviceInfo, Grain, Pool};

/// Finds and opens the devices of one family.
pub trait DeviceFactory: Send + Sync {
    /// The devices that [`open`](DeviceFactory::open) would open now; empty if the driver or board is absent.
    fn probe(&self) -> Vec<DeviceInfo>;

    /// Opens the device called `name`.
    ///
    /// # Errors
    /// [`DeviceError::UnknownDevice`] if this family has none of that name; whatever the driver reports.
    fn open(&self, name: &str) -> Result<Arc<dyn Device>, DeviceError>;

    /// Why devices that might be there cannot be opened: no driver, no hardware. For people, and for who asks for one by name.
    fn unavailable(&self) -> Vec<DeviceError> {
        Vec::new()
    }
}

/// Joins the names of the devices of a pool.
const JOINT: char = '+';

/// Every family of devices that a program was built with, in order of registration.
#[derive(Default)]
pub struct Registry {
    factories: Vec<Box<dyn DeviceFactory>>,
}

impl Registry {
    /// A registry without any family.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a family; earlier ones win where names collide.
    #[must_use]
    pub fn with(mut self, factory: impl DeviceFactory + 'static) -> Self {
        self.register(Box::new(factory));
        self
    }

    /// Adds a family; earlier ones win where names collide.
    pub fn register(&mut self, factory: Box<dyn DeviceFactory>) {
        self.factories.push(factory);
    }

    /// Probes every family and lists what is there.
    pub fn devices(&self) -> Vec<DeviceInfo> {
        self.factories
            .iter()
            .flat_map(|factory| factory.probe())
            .collect()
    }

    /// Why devices that might be there cannot be opened.
    pub fn unavailable(&self) -> Vec<DeviceError> {
        self.factories
            .iter()
            .flat_map(|factory| factory.unavailable())
            .collect()
    }

    /// The devices that a name means: several, if it is that of a pool.
    pub fn members(name: &str) -> impl Iterator<Item = &str> {
        name.split(JOINT)
    }

    /// Opens the device called `name`, or a [`Pool`] of the devices whose names are joined by `+`.
    ///
    /// # Errors
    /// [`DeviceError::Unavailable`] if it might be there and is not; [`DeviceError::UnknownDevice`] with the names that are there; whatever
    /// the driver reports.
    pub fn open(&self, name: &str) -> Result<Arc<dyn Device>, DeviceError> {
        if name.contains(JOINT) {
            let members = Self::members(name).map(|name| self.open(name));
            let members: Vec<_> = members.collect::<Result<_, _>>()?;
            let grain = Grain::of(shared_kind(&members));
            return Ok(Arc::new(Pool::new(members, grain)?));
        }
        let owner = self
            .factories
            .iter()
            .find(|factory| factory.probe().iter().any(|info| info.name == name));
        match owner {
            Some(factory) => factory.open(name),
            None => Err(self.missing(name)),
        }
    }

    /// Why there is no device called `name`.
    fn missing(&self, name: &str) -> DeviceError {
        let is_named = |error: &DeviceError| matches!(error, DeviceError::Unavailable { device, .. } if device == name);
        let unavailable = self.unavailable().into_iter().find(is_named);
        unavailable.unwrap_or_else(|| DeviceError::UnknownDevice {
            name: name.to_owned(),
            available: self.devices().into_iter().map(|info| info.name).collect(),
        })
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("factories", &self.factories.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NullDevice;

    struct NullFactory;

    impl DeviceFactory for NullFactory {
        fn probe(&self) -> Vec<DeviceInfo> {
            vec![NullDevice::new().info().clone()]
        }

        fn open(&self, _name: &str) -> Result<Arc<dyn Device>, DeviceError> {
            Ok(Arc::new(NullDevice::new()))
        }
    }

    #[test]
    fn opens_by_name() {
        let registry = Registry::new().with(NullFactory);
        assert_eq!(registry.open("null").unwrap().info().name, "null");
    }

    #[test]
    fn joined_names_are_a_pool() {
        let registry = Registry::new().with(NullFactory);
        let pool = registry.open("null+null").unwrap();
        assert_eq!(pool.info().name, "null+null");
        assert!(registry.open("null+").is_err());
    }

    #[test]
    fn unknown_name_lists_what_is_there() {
        let error = Registry::new()
            .with(NullFactory)
            .open("cpuu")
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "unknown device cpuu: expected one of [null]"
        );
    }
}
